import { z } from 'zod';

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

/**
 * The same shape without bounds, patterns, choices, defaults and rules, for what is kept as it once was: a later
 * release may tighten what it takes, and must still read what an earlier one froze. Fields that this release does
 * not know are kept, at the top.
 */
export function unbounded(schema: z.ZodObject): z.ZodObject {
  return z.looseObject(shapeOf(schema)).meta(descriptionOf(schema));
}

function shapeOf(schema: z.ZodObject): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => [name, relax(field as z.ZodType)]),
  );
}

function relax(schema: z.ZodType): z.ZodType {
  // What no schema describes has no bounds.
  if (schema.meta()?.[PRESERVE] === true) return schema;
  return relaxType(schema).meta(descriptionOf(schema));
}

function relaxType(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return relax(schema.unwrap() as z.ZodType).optional();
  }
  if (schema instanceof z.ZodObject) return z.object(shapeOf(schema));
  if (schema instanceof z.ZodArray) return z.array(relax(schema.element as z.ZodType));
  if (schema instanceof z.ZodRecord) {
    return z.record(z.string(), relax(schema.valueType as z.ZodType));
  }
  return relaxScalar(schema);
}

function relaxScalar(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodString) return z.string();
  if (schema instanceof z.ZodBoolean) return z.boolean();
  if (schema instanceof z.ZodNumber) return schema.format === 'safeint' ? z.int() : z.number();
  throw new Error('taking the bounds off a schema: it is of a type that no frozen setting has');
}

function descriptionOf(schema: z.ZodType): { description?: string } {
  const { description } = schema;
  return description === undefined ? {} : { description };
}
