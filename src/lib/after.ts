/** Goes on with a value, at once where it is there already: on a path that every call takes, each turn of the microtask queue counts. */
export const after = <Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> => (value instanceof Promise ? value.then(next) : next(value));
