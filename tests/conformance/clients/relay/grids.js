// What a page of grids declares; the compiler writes __generated__ from it, and tests run that.
import { graphql } from 'relay-runtime';

graphql`
  fragment grids_unit on Unit {
    id
    name
    version
    kindLabel(language: EN)
  }
`;

graphql`
  fragment grids_list on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 3 }, cursor: { type: "String" })
  @refetchable(queryName: "gridsPageQuery") {
    units(first: $count, after: $cursor, filter: { kinds: [GRID] })
    @connection(key: "grids_list_units", filters: ["filter"]) {
      edges {
        node {
          ...grids_unit
        }
      }
    }
  }
`;

graphql`
  fragment grids_history on Unit @refetchable(queryName: "gridsHistoryQuery") {
    linkages(first: 1) {
      nodes {
        since
        estate {
          ...grids_unit
        }
      }
    }
  }
`;

graphql`
  query gridsQuery($unit: ID!) {
    ...grids_list
    node(id: $unit) {
      __typename
      ...grids_unit @alias
      ...grids_history @alias
    }
  }
`;

graphql`
  mutation gridsRenameMutation($unit: ID!, $name: String!, $version: Int!) {
    renameUnit(unit: $unit, name: $name, expectedVersion: $version) {
      ...grids_unit
    }
  }
`;
