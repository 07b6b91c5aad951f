// The health check of the service `mongo`: makes the replica set where there is none; fails unless writes would work.
const password = require("node:fs").readFileSync("/secrets/mongo_root.password", "utf8");
const url = "mongodb://localhost:27017/admin?tls=true&tlsCAFile=/secrets/ca.crt&directConnection=true";
const admin = new Mongo(url).getDB("admin");
admin.auth("root", password);
try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  admin.adminCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "localhost:27017" }] } });
}
if (!admin.hello().isWritablePrimary) quit(1);
