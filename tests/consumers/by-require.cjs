require("./exercise.cjs")(require("@solitude/runtime"));
