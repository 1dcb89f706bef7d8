// The types of the operations: for each .graphql file a declaration file beside it, made by `npm run check`.

import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["portal/**/*.graphql", "sign-in/**/*.graphql"],
  ignoreNoDocuments: true,
  config: {
    scalars: { DateTime: "string", ID: "string" },
    strictScalars: true,
  },
  generates: {
    "portal/schema.ts": { plugins: ["typescript"], config: { enumsAsTypes: true } },
    ".": {
      preset: "near-operation-file",
      presetConfig: { baseTypesPath: "portal/schema.ts", extension: ".d.graphql.ts" },
      plugins: ["typescript-operations", "./codegen-documents.mjs"],
    },
  },
};

export default config;
