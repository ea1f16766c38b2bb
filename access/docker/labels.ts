/** The labels by which Coffer knows its own objects on a Docker engine. */
export const stackLabel = "coffer.stack";
/** The instance's uuid. */
export const instanceLabel = "coffer.instance";
/** The instance's name. */
export const nameLabel = "coffer.name";
/** `server`, `data` or `network`. */
export const roleLabel = "coffer.role";
/** 16 hexadecimal digits of the SHA-256 of the URN. */
export const urnLabel = "coffer.urn";
