declare const brand: unique symbol;

/** A type that cannot be mixed up with others of the same shape. Made only by parsers and by the code that mints the value. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
