/**
 * A list with one entry more: the same list, or while it is short another one that is just long enough. Most lists of a graph
 * hold one or two, and `push` makes room for sixteen more, which is most of what a million nodes take.
 */
export function appended<T>(list: T[], item: T): T[] {
  switch (list.length) {
    case 0:
      return [item];
    case 1:
      return [list[0] as T, item];
    case 2:
      return [list[0] as T, list[1] as T, item];
    default:
      list.push(item);
      return list;
  }
}
