/** MIME type to data: text, or base64 for binary types, or an object for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;
