import { expect, test } from "bun:test";
import { newProfileConfig } from "../../src/profile/new-config.ts";
import { parseProfileConfig } from "../../src/profile/profile-config.ts";

test("a plain login needs no config.toml", () => {
  expect(newProfileConfig({}, "config.toml")).toBe("");
});

test("what is written is what is read back", () => {
  const values = { baseUrl: "https://a.example/v1?x=%22", apiKey: 'k"\\\u00e9', account: "me@example.test" };
  const text = newProfileConfig(values, "config.toml");
  expect(parseProfileConfig(text, "config.toml")).toMatchObject(values);
  expect(newProfileConfig({ home: true }, "config.toml")).toBe("home = true\n");
});

test.each([{ apiKey: "k\n[env]" }, { apiKey: "k\x7f" }, { baseUrl: "gateway" }, { home: true, apiKey: "k" }])(
  "%j is refused before it is written",
  (values) => {
    expect(() => newProfileConfig(values, "config.toml")).toThrow(/^config\.toml:\d: (api_key|base_url) /);
  },
);
