/** What of a folder is not sent along: history, and what is fetched anew by whoever builds it. */
export const leftOut: readonly string[] = ['.git', 'node_modules'];
