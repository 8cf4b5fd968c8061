/** Guesses the Content-Type from an object's name if none was sent, as Swift does with Python's `mimetypes`. */

const types: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "application/epub+zip": "epub",
    "application/javascript": "js mjs",
    "application/json": "json",
    "application/msword": "doc dot wiz",
    "application/octet-stream": "a bin dll exe o obj so",
    "application/pdf": "pdf",
    "application/pkcs7-mime": "p7c",
    "application/postscript": "ai eps ps",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls xlb",
    "application/vnd.ms-powerpoint": "ppt pot ppa pps pwz",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/x-debian-package": "deb",
    "application/x-iso9660-image": "iso",
    "application/x-python-code": "pyc pyo",
    "application/x-sh": "sh",
    "application/x-shockwave-flash": "swf",
    "application/x-sql": "sql",
    "application/x-tar": "tar",
    "application/xml": "xsl rdf wsdl xpdl",
    "application/zip": "zip",
    "audio/mpeg": "mp3 mp2",
    "audio/ogg": "oga ogg",
    "audio/x-aiff": "aif aiff aifc",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg jpeg jpe",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.microsoft.icon": "ico",
    "image/webp": "webp",
    "message/rfc822": "eml mht mhtml",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html htm",
    "text/markdown": "md markdown",
    "text/plain": "txt c h bat ksh pl conf log",
    "text/tab-separated-values": "tsv",
    "text/x-python": "py",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/mpeg": "mpeg mpg mpe m1v mpa",
    "video/quicktime": "mov qt",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi"
  }).flatMap(([type, extensions]) => extensions.split(" ").map((extension) => [extension, type] as const))
)

/** Suffixes of compressed files. The suffix before them tells the type of the content. */
const compressions = new Set(["gz", "bz2", "xz", "z", "br"])

/** The type for an object's name; `application/octet-stream` if unknown. */
export const guess = (name: string): string => {
  const parts = name
    .slice(name.lastIndexOf("/") + 1)
    .toLowerCase()
    .split(".")
  const suffixes = parts.slice(1)
  const last = suffixes.at(-1) ?? ""
  if (last === "tgz") {
    return "application/x-tar"
  }
  const telling = compressions.has(last) ? suffixes.at(-2) : last
  return types.get(telling ?? "") ?? "application/octet-stream"
}
