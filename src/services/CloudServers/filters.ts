/**
 * The inputs of the listings over all pages.
 */
import type * as Endpoint from "../../Endpoint.js"
import type { endpoints } from "./endpoints.js"

type PageInput<Name extends keyof typeof endpoints> = NonNullable<
  Parameters<Endpoint.Client<typeof endpoints>[Name]>[0]
>

/**
 * The filters of a listing as a Stream. `pageSize` is how many items one request asks for, by default 1,000.
 *
 * @since 0.1.0
 * @category models
 */
export type Filters<
  Name extends
    | "listPage"
    | "listDetailPage"
    | "listFlavorsPage"
    | "listFlavorSummariesPage"
    | "listImagesPage"
    | "listImageSummariesPage"
> = Omit<PageInput<Name>, "limit" | "marker"> & { readonly pageSize?: number | undefined }

/**
 * The filters of a listing whose pages are found by counting.
 *
 * @since 0.1.0
 * @category models
 */
export type CountedFilters<Name extends "listServerGroupsPage" | "listVolumesPage"> = Omit<
  PageInput<Name>,
  "limit" | "offset"
> & { readonly pageSize?: number | undefined }
