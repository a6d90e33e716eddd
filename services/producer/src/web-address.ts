/** Whether a reference of a report can be followed: an http or https address, and nothing that runs when it is clicked. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
