// A front end's code over the generated types: what is right compiles, what is wrong must not.
import type {
  AnythingQuery,
  CoverageQuery,
  GridsQuery,
  GridsQueryVariables,
  NamedFragment,
  RenameMutation,
  RenameMutationVariables,
  UnitKind,
} from './types.js';

export const asked: GridsQueryVariables = { first: 20, kinds: ['GRID', 'ESTATE'], open: true };
export const renamed: RenameMutationVariables = { unit: 'Unit:1', name: '东门社区' };
export const kind: UnitKind = 'GRID';

// @ts-expect-error first is wanted
export const unasked: GridsQueryVariables = { open: false };
// @ts-expect-error there is no such kind
export const unknown: UnitKind = 'VILLAGE';

export function names({ units }: GridsQuery): string[] {
  return (units.nodes satisfies NamedFragment[]).map((unit) => `${unit.name} ${unit.since}`);
}

export function linked({ units }: GridsQuery): number {
  // @ts-expect-error linkages are only there if asked for
  units.nodes.map((unit) => unit.linkages.nodes);
  return units.nodes.flatMap((unit) => unit.linkages?.nodes ?? []).length;
}

export function gaps({ coverage }: CoverageQuery): string[] {
  // @ts-expect-error what one may not see is null
  coverage.gaps;
  return (coverage?.gaps ?? []).map((gap) => `${gap.missing}: ${gap.unit?.name}`);
}

export function title({ node }: AnythingQuery): string | null | undefined {
  switch (node?.__typename) {
    case 'Unit':
      return node.name;
    case 'Person':
      return `${node.name} ${node.phone}`;
    default:
      return node?.id;
  }
}

export function version({ renameUnit }: RenameMutation): number | undefined {
  return renameUnit?.version;
}
