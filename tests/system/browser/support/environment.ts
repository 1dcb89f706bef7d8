// What the tests in Python hand over.

type Name = "CHROMIUM" | "DATABASE_URL" | "JWT_SECRET" | "PICKUP" | "RESULTS_FILE" | "RESULTS_FOLDER";

export function variable(name: Name): string {
  const value = process.env[`BROWSER_TEST_${name}`];
  if (!value) throw new Error("Run the scenarios by pytest: see test_scenarios.py.");
  return value;
}
