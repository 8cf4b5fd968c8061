/**
 * How bodies are handed over to whoever sends them.
 */

/**
 * In bytes: what of a body is handed over at a time. A request has stalled where none of it goes out for so long, so that it must
 * not be much for a slow network.
 */
export const parcelSize = 256 * 1024
