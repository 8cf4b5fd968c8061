/**
 * The profiles of public clouds from openstacksdk 0.101, by their names in `clouds.yaml`: their auth URLs and regions. Profiles in
 * `clouds-public.yaml` take precedence.
 */

/** A profile, with the fields of an entry of `clouds.yaml`. */
export interface VendorProfile {
  readonly auth: Readonly<Record<string, string>>
  readonly identity_api_version?: string
  readonly region_name?: string
  readonly regions?: ReadonlyArray<string>
}

const inDefaultDomain = { user_domain_name: "Default", project_domain_name: "Default" }

const version3 = (auth_url: string, regions: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) => ({
  identity_api_version: "3",
  auth: { auth_url, ...more },
  ...(regions.length === 1 ? { region_name: regions[0] ?? "" } : { regions })
})

/** A string is the URL of a profile that would have to be fetched. */
export const vendorProfiles: Readonly<Record<string, VendorProfile | string>> = {
  auro: version3("https://api.van2.auro.io:5000/v3", ["RegionOne"], inDefaultDomain),
  betacloud: version3("https://api-1.betacloud.de:5000", ["betacloud-1"]),
  catalyst: { auth: { auth_url: "https://api.cloud.catalyst.net.nz:5000/v2.0" }, regions: ["nz-por-1", "nz_wlg_2"] },
  citycloud: version3("https://{region_name}.citycloud.com:5000/v3/", [
    "Buf1",
    "Fra1",
    "Lon1",
    "Sto2",
    "Kna1",
    "dx1",
    "tky1"
  ]),
  conoha: {
    identity_api_version: "2",
    auth: { auth_url: "https://identity.{region_name}.conoha.io" },
    regions: ["sin1", "sjc1", "tyo1"]
  },
  dreamcompute: version3("https://iad2.dream.io:5000", ["RegionOne"]),
  elastx: version3("https://ops.elastx.cloud:5000/v3", ["se-sto"]),
  entercloudsuite: version3("https://api.entercloudsuite.com/", ["it-mil1", "nl-ams1", "de-fra1"]),
  fuga: version3("https://identity.api.fuga.io:5000", ["cystack"], inDefaultDomain),
  ibmcloud: version3("https://identity.open.softlayer.com", ["london"]),
  internap: version3("https://identity.api.cloud.iweb.com", ["ams01", "da01", "nyj01", "sin01", "sjc01"]),
  limestonenetworks: version3("https://auth.cloud.lstn.net:5000/v3", ["us-dfw-1", "us-slc"]),
  otc: version3("https://iam.{region_name}.otc.t-systems.com/v3", ["eu-de", "eu-nl"]),
  ovh: version3(
    "https://auth.cloud.ovh.net/",
    "BHS BHS1 BHS3 BHS5 DE DE1 GRA GRA1 GRA5 GRA7 SBG SBG1 SBG5 UK UK1 WAW WAW1 SYD1 SGP1".split(" "),
    inDefaultDomain
  ),
  "ovh-us": version3("https://auth.cloud.ovh.us/", ["US-EAST-VA-1"], inDefaultDomain),
  rackspace: {
    auth: { auth_url: "https://identity.api.rackspacecloud.com/v2.0/" },
    regions: ["DFW", "HKG", "IAD", "ORD", "SYD", "LON"]
  },
  switchengines: version3("https://keystone.cloud.switch.ch:5000/v3", ["LS", "ZH"]),
  unitedstack: version3("https://identity.api.ustack.com/v3", ["bj1", "gd1"]),
  vexxhost: "https://vexxhost.com",
  zetta: version3("https://identity.api.zetta.io/v3", ["no-osl1"])
}
