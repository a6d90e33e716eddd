/** The indexes of equal items, in order. */
export function equalItems<T>(items: Iterable<T>): Map<T, number[]> {
  const found = new Map<T, number[]>();
  let index = 0;
  for (const item of items) {
    const same = found.get(item);
    if (same) same.push(index);
    else found.set(item, [index]);
    index++;
  }
  return found;
}
