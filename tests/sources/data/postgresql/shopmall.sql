CREATE TABLE "users" (
  "id" bigserial PRIMARY KEY,
  "username" varchar UNIQUE NOT NULL,
  "name" varchar NOT NULL
);

CREATE TABLE "products" (
  "id" bigserial PRIMARY KEY,
  "name" varchar UNIQUE NOT NULL,
  "stock" int64 NOT NULL
);

CREATE TABLE "orders" ("id" bigserial PRIMARY KEY, "user_id" int, "product_id" int);

CREATE INDEX ON "users" ("username");
CREATE INDEX ON "users" ("name");
CREATE INDEX ON "products" ("name");

ALTER TABLE "orders" ADD FOREIGN KEY ("user_id") REFERENCES "users" ("id");
ALTER TABLE "orders" ADD FOREIGN KEY ("product_id") REFERENCES "products" ("id");
