import type { FastifyInstance } from "fastify";

/** A page's files: an address that is none of the others may be one of them, and is no known one. */
const ANY_FILE = "/*";

/**
 * Notes the routes that an app is given from now on.
 * @returns the methods that a path is asked with; none where nothing is at that path, whatever the method
 */
export function methodsByPath(app: FastifyInstance): (path: string) => string[] {
  const routes = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    if (url === ANY_FILE) return;
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const each of [method].flat()) methods.add(each);
  });
  return (path) => {
    const fitting = [...routes].filter(([url]) => fits(url.split("/"), path.split("/")));
    return [...new Set(fitting.flatMap(([, methods]) => [...methods]))].sort();
  };
}

/** Of a route's parts `:name` stands for any text, and `*` for all that follows. */
function fits(route: readonly string[], path: readonly string[]): boolean {
  if (route.at(-1) === "*")
    return path.length >= route.length && fits(route.slice(0, -1), path.slice(0, route.length - 1));
  return route.length === path.length && route.every((part, i) => part.startsWith(":") || part === path[i]);
}
