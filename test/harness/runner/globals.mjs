// What `@jest/globals` is for files that Node loads: always that of the file which runs now, as the harness is loaded once.
let current;

/** Says whose `describe`, `it` and `expect` they are from now on. */
export function run(globals) {
  current = globals;
}

const live = (name) =>
  new Proxy(() => undefined, {
    apply: (_target, _self, given) => current[name](...given),
    get: (_target, property) => current[name][property],
  });

export const describe = live('describe');
export const it = live('it');
export const test = live('test');
export const expect = live('expect');
export const beforeAll = live('beforeAll');
export const beforeEach = live('beforeEach');
export const afterAll = live('afterAll');
export const afterEach = live('afterEach');
