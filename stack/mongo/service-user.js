// What the services sign in as. Runs once, in the entry point of the image; `db` is the database of the environment.
const password = require("node:fs").readFileSync("/secrets/mongo_service.password", "utf8");
db.getSiblingDB("admin").createUser({
  user: "solitude_service",
  pwd: password,
  roles: [
    { role: "readWrite", db: "solitude" },
    // Collections, validators and indexes are made at run time.
    { role: "dbAdmin", db: "solitude" },
  ],
});
