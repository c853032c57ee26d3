/** Tells a person one line; progress and trouble, never an answer. */
export type Say = (line: string) => void;
