/** Whether a description is one that Kubernetes takes, by the schemas that it publishes. */

import * as gateway from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import * as keda from '@kubernetes-models/keda/keda.sh/v1alpha1';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';

export interface Described {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own, which is what is looked at.
  spec: any;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
}

const KINDS: Record<string, object> = {
  'keda.sh/v1alpha1': keda,
  'gateway.networking.k8s.io/v1': gateway,
  v1: core,
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'batch/v1': batch,
  'policy/v1': policy,
};

/**
 * What is wrong with it; undefined for kinds that nobody has published a schema for.
 * The schemas let unknown fields pass, so that what the check has not even looked at counts as wrong: a misspelt name.
 */
export function problemsOf(described: Described): string[] | undefined {
  const kinds = KINDS[described.apiVersion] as
    | Record<string, { prototype: { validate(): void } }>
    | undefined;
  const Kind = kinds?.[described.kind];
  if (!Kind) return undefined;
  const seen = new Set<string>();
  try {
    // Not by way of an object of that class: making one copies everything, unknown fields too.
    Kind.prototype.validate.call(watched(described, '', seen));
  } catch (error) {
    return [(error as Error).message];
  }
  return pathsOf(described, '').filter((path) => !seen.has(path));
}

function watched<Value extends object>(value: Value, path: string, seen: Set<string>): Value {
  return new Proxy(value, {
    get(target, key) {
      const found = Reflect.get(target, key);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return found;
      seen.add(`${path}/${key}`);
      return typeof found === 'object' && found !== null ? watched(found, `${path}/${key}`, seen) : found;
    },
  });
}

const pathsOf = (value: object, path: string): string[] =>
  Object.entries(value).flatMap(([key, found]) => [
    `${path}/${key}`,
    ...(typeof found === 'object' && found !== null ? pathsOf(found, `${path}/${key}`) : []),
  ]);
