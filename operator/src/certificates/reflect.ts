// The certificate library's container asks for the metadata API of decorators when it is loaded. This is the
// part of it that the container uses, for programs that have no other.
interface MetadataReflect {
  getMetadata?: (key: unknown, target: object) => unknown;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  hasOwnMetadata?: (key: unknown, target: object) => boolean;
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
}

const store = new WeakMap<object, Map<unknown, unknown>>();
const reflect = Reflect as MetadataReflect;
const getOwn = (key: unknown, target: object): unknown => store.get(target)?.get(key);

reflect.getMetadata ??= (key, target) => {
  for (
    let at: object | null = target;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    if (store.get(at)?.has(key) === true) return getOwn(key, at);
  }
  return undefined;
};
reflect.getOwnMetadata ??= getOwn;
reflect.hasOwnMetadata ??= (key, target) => store.get(target)?.has(key) === true;
reflect.defineMetadata ??= (key, value, target) => {
  store.set(target, (store.get(target) ?? new Map<unknown, unknown>()).set(key, value));
};
