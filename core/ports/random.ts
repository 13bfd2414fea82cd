/** The only source of chance. */
export interface Random {
  /** A number in [0, 1). Not for secrets. */
  chance(): number;
  /** `length` bytes fit for keys and codes. */
  bytes(length: number): Uint8Array;
}
