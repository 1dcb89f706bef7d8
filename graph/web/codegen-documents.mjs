// A plugin of graphql-codegen: declares what documents.mjs makes of a .graphql file, with the types of its operations.

import { Kind } from "graphql";

export function plugin(_schema, files) {
  const definitions = files.flatMap(({ document }) => document.definitions);
  return {
    prepend: ['import type { TypedDocumentNode } from "urql";'],
    content: definitions.map(declaration).join("\n"),
  };
}

function declaration({ kind, name: { value: name }, operation }) {
  if (kind === Kind.FRAGMENT_DEFINITION) {
    return `export declare const ${name}FragmentDoc: TypedDocumentNode<${name}Fragment>;`;
  }
  const type = name + operation[0].toUpperCase() + operation.slice(1);
  return `export declare const ${name}Document: TypedDocumentNode<${type}, ${type}Variables>;`;
}
