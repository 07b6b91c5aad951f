// The changelog's form, found from here since .changeset is no package of its own.
module.exports = require("@changesets/cli/changelog");
