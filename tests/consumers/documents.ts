import type { createDocuments } from "@solitude/runtime/documents";
import { type Document, MongoClient } from "mongodb";

type IsAny<T> = 0 extends 1 & T ? true : false;

export const typed: IsAny<typeof createDocuments> = false;
export const driver: [typeof MongoClient, Document] = [MongoClient, {}];
