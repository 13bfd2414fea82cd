/** A count with its word. */
export const one = (count: number, single: string, plural: string): string =>
  `${count} ${count === 1 ? single : plural}`;
