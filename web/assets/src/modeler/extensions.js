// Reading what the Modeler keeps in extension elements.
export const is = (node, type) => Boolean(node?.$instanceOf?.(type));

/** The values of a camunda:property with this name. */
export function propertyValues(node, name) {
  const inside = node.get('extensionElements')?.get('values') ?? [];
  const properties = inside.filter((each) => is(each, 'camunda:Properties')).flatMap((each) => each.get('values') ?? []);
  return properties.filter((each) => each.get('name') === name).map((each) => (each.get('value') ?? '').trim());
}
