/** Left out of the typings of @npmcli/config; CommonJS, whose names Node does not see. */
declare module "@npmcli/config/lib/definitions/index.js" {
  const npm: {
    readonly definitions: never;
    readonly shorthands: Record<string, string[]>;
    flatten(from: object, into?: object): object;
  };
  export default npm;
}
