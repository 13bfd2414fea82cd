/** What the app did that nobody can see here, for tests to look at; and what tests answer in a person's place. */
export const record = {
  calls: [] as Call[],
  openedUrls: [] as string[],
  openedFiles: [] as string[],
  /** The next message boxes get these, first one first; none left means the box's `cancelId`. */
  messageBoxAnswers: [] as number[],
  messageBoxes: [] as unknown[],
  trays: [] as unknown[],
};

export interface Call {
  readonly name: string;
  readonly parameters: readonly unknown[];
}

export function note(name: string, ...parameters: readonly unknown[]): void {
  record.calls.push({ name, parameters });
}
