/** Two values that differ by less may fall into one bucket: quantiles are within 1 % of a value that was there. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);

/**
 * Many numbers in little room: how many, their sum, the least and the greatest are exact, quantiles within 1 %. Buckets grow with the
 * numbers they hold (Masson and others, DDSketch, 2019), so distributions of several nodes add up to that of all of them.
 */
export class Distribution {
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  #zeros = 0;
  readonly #above = new Map<number, number>();
  readonly #below = new Map<number, number>();

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Of no numbers: Infinity. */
  get min(): number {
    return this.#min;
  }

  /** Of no numbers: -Infinity. */
  get max(): number {
    return this.#max;
  }

  /** Adds a finite number. */
  add(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    if (value === 0) this.#zeros += 1;
    else if (value > 0) increase(this.#above, bucketOf(value), 1);
    else increase(this.#below, bucketOf(-value), 1);
  }

  /** Adds all numbers of another one. */
  merge(other: Distribution): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#zeros += other.#zeros;
    for (const [bucket, count] of other.#above) increase(this.#above, bucket, count);
    for (const [bucket, count] of other.#below) increase(this.#below, bucket, count);
  }

  /** The number below which a share of them lies, from 0 (the least) to 1 (the greatest); 0 of no numbers. */
  quantile(share: number): number {
    if (this.#count === 0) return 0;
    let left = Math.round(share * (this.#count - 1));
    for (const [value, count] of this.#buckets()) {
      if (left < count) return Math.min(this.#max, Math.max(this.#min, value));
      left -= count;
    }
    return this.#max;
  }

  /** From the least. */
  *#buckets(): Iterable<readonly [number, number]> {
    const descending = [...this.#below].sort(([a], [b]) => b - a);
    for (const [bucket, count] of descending) yield [-middleOf(bucket), count];
    yield [0, this.#zeros];
    const ascending = [...this.#above].sort(([a], [b]) => a - b);
    for (const [bucket, count] of ascending) yield [middleOf(bucket), count];
  }
}

function bucketOf(value: number): number {
  return Math.ceil(Math.log(value) / LOG_GROWTH);
}

function middleOf(bucket: number): number {
  return (2 * GROWTH ** bucket) / (GROWTH + 1);
}

function increase(counts: Map<number, number>, bucket: number, by: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + by);
}
