/** What a class is called where it is shown. A name of nothing but spaces would leave a blank place: the class's number stands there. */
export function className(label: number, names: readonly string[]): string {
  if (label < 0) return "no label";
  const name = names[label];
  return name === undefined || name.trim() === "" ? `class ${label}` : name;
}
