/** How often members and elements of a value are read: work that does not depend on the machine. */
export function countReads<T>(value: T): { readonly value: T; readonly reads: () => number } {
  let count = 0;
  const known = new WeakMap<object, object>();
  const wrap = (inner: unknown): unknown => {
    const isContainer =
      typeof inner === "object" &&
      inner !== null &&
      (Array.isArray(inner) || [null, Object.prototype].includes(Object.getPrototypeOf(inner) as object | null));
    if (!isContainer) return inner;
    const wrapped =
      known.get(inner) ??
      new Proxy(inner, {
        get(target, name, receiver) {
          count++;
          return wrap(Reflect.get(target, name, receiver));
        },
      });
    known.set(inner, wrapped);
    return wrapped;
  };

  return { value: wrap(value) as T, reads: () => count };
}
