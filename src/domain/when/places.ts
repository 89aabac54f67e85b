/** The places of the world as people name them, each with its IANA zone: cities from Intl, and what Intl does not know. */

import { zoneName } from './format.ts';
import { isZone } from './wall-time.ts';

/**
 * One zone, at least, for each way in which clocks run in the world today, roughly by how many people live by it. A test
 * compares it with all that Intl knows.
 */
export const WORLD_ZONES: readonly string[] = [
  ...['America/New_York', 'Europe/London', 'Europe/Berlin', 'America/Los_Angeles', 'America/Chicago', 'Asia/Kolkata'],
  ...['Asia/Jakarta', 'America/Sao_Paulo', 'America/Mexico_City', 'Asia/Tokyo', 'Asia/Singapore', 'Europe/Istanbul'],
  ...['Africa/Lagos', 'America/Bogota', 'Asia/Dubai', 'Asia/Karachi', 'Asia/Dhaka', 'Africa/Johannesburg'],
  ...['Europe/Athens', 'Africa/Cairo', 'Australia/Sydney', 'America/Denver', 'America/Phoenix', 'Africa/Accra'],
  ...['Asia/Tehran', 'America/Caracas', 'America/Halifax', 'America/Santiago', 'Asia/Jerusalem', 'Asia/Kathmandu'],
  ...['Asia/Yangon', 'Australia/Brisbane', 'Australia/Adelaide', 'Pacific/Auckland', 'Asia/Kabul', 'Pacific/Honolulu'],
  ...['Asia/Magadan', 'Pacific/Fiji', 'Asia/Gaza', 'America/Havana', 'America/Anchorage', 'Australia/Darwin'],
  ...['America/St_Johns', 'Atlantic/Azores', 'Atlantic/Cape_Verde', 'Pacific/Tongatapu', 'America/Nuuk'],
  ...['America/Noronha', 'America/Miquelon', 'Pacific/Pago_Pago', 'Pacific/Kiritimati', 'Pacific/Easter'],
  ...['Pacific/Marquesas', 'Pacific/Gambier', 'Pacific/Pitcairn', 'Pacific/Chatham', 'Pacific/Norfolk'],
  ...['Australia/Eucla', 'Australia/Lord_Howe', 'America/Adak', 'Antarctica/Troll'],
];

/** Zones whose present name Intl does not list; it lists the former one. */
const RENAMED: Readonly<Record<string, string>> = {
  'America/Godthab': 'America/Nuuk',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
};

/** Large cities that have no zone of their own, countries with one zone, and abbreviations, by zone. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'America/New_York':
    'nyc,ny,washington,boston,miami,atlanta,philadelphia,orlando,florida,tampa,charlotte,est,edt,et,eastern',
  'America/Chicago': 'houston,dallas,austin,san antonio,texas,nashville,new orleans,minneapolis,cst,cdt,ct,central',
  'America/Denver': 'salt lake city,colorado,utah,albuquerque,mst,mdt,mt,mountain',
  'America/Los_Angeles': 'la,san francisco,sf,san diego,seattle,las vegas,portland,california,pst,pdt,pt,pacific',
  'America/Phoenix': 'arizona,tucson',
  'Pacific/Honolulu': 'hawaii,hst',
  'America/Anchorage': 'alaska',
  'America/Toronto': 'montreal,ottawa,quebec',
  'America/Edmonton': 'calgary,alberta',
  'America/Sao_Paulo': 'rio,rio de janeiro,brasilia,belo horizonte,brt',
  'America/Argentina/Buenos_Aires': 'argentina',
  'America/Bogota': 'colombia,medellin,cali',
  'America/Mexico_City': 'mexico,guadalajara,cdmx',
  'America/Lima': 'peru',
  'America/Caracas': 'venezuela',
  'Europe/London':
    'uk,united kingdom,england,britain,great britain,scotland,wales,manchester,birmingham,glasgow,edinburgh,liverpool,leeds,bst',
  'Europe/Dublin': 'ireland,cork',
  'Europe/Lisbon': 'portugal,porto,wet,west',
  'Europe/Berlin':
    'germany,deutschland,munich,munchen,hamburg,cologne,koln,frankfurt,stuttgart,dusseldorf,leipzig,dresden,cet,cest',
  'Europe/Paris': 'france,marseille,lyon,toulouse,nice,bordeaux,lille',
  'Europe/Madrid': 'spain,espana,barcelona,valencia,seville,sevilla',
  'Europe/Rome': 'italy,italia,milan,milano,naples,napoli,turin,florence,roma',
  'Europe/Amsterdam': 'netherlands,holland,rotterdam,the hague,utrecht',
  'Europe/Brussels': 'belgium,antwerp,brussel',
  'Europe/Vienna': 'austria,wien,graz,salzburg',
  'Europe/Zurich': 'switzerland,geneva,basel,bern',
  'Europe/Warsaw': 'poland,krakow,gdansk',
  'Europe/Prague': 'czechia,czech republic,brno',
  'Europe/Budapest': 'hungary',
  'Europe/Copenhagen': 'denmark',
  'Europe/Stockholm': 'sweden,gothenburg',
  'Europe/Oslo': 'norway',
  'Europe/Helsinki': 'finland,eet,eest',
  'Europe/Athens': 'greece,thessaloniki',
  'Europe/Bucharest': 'romania',
  'Europe/Sofia': 'bulgaria',
  'Europe/Kyiv': 'ukraine,odesa,lviv,kharkiv',
  'Europe/Istanbul': 'turkey,turkiye,ankara,izmir',
  'Europe/Moscow': 'st petersburg,saint petersburg,msk',
  'Africa/Lagos': 'nigeria,abuja,wat',
  'Africa/Johannesburg': 'south africa,cape town,durban,pretoria,sast',
  'Africa/Nairobi': 'kenya,eat',
  'Africa/Cairo': 'egypt,alexandria',
  'Africa/Casablanca': 'morocco,rabat,marrakesh',
  'Asia/Dubai': 'uae,abu dhabi,emirates',
  'Asia/Riyadh': 'saudi arabia,jeddah',
  'Asia/Jerusalem': 'israel,tel aviv',
  'Asia/Karachi': 'pakistan,lahore,islamabad,pkt',
  'Asia/Kolkata': 'india,mumbai,delhi,new delhi,bangalore,bengaluru,chennai,hyderabad,pune,ahmedabad',
  'Asia/Dhaka': 'bangladesh',
  'Asia/Kathmandu': 'nepal',
  'Asia/Bangkok': 'thailand',
  'Asia/Ho_Chi_Minh': 'vietnam,hanoi',
  'Asia/Jakarta': 'java,bandung,wib',
  'Asia/Makassar': 'bali,denpasar',
  'Asia/Singapore': 'sgt',
  'Asia/Kuala_Lumpur': 'malaysia',
  'Asia/Manila': 'philippines,cebu,pht',
  'Asia/Shanghai': 'china,beijing,shenzhen,guangzhou,chengdu',
  'Asia/Taipei': 'taiwan',
  'Asia/Seoul': 'south korea,korea,busan,kst',
  'Asia/Tokyo': 'japan,osaka,kyoto,jst',
  'Australia/Sydney': 'canberra,aest,aedt',
  'Australia/Brisbane': 'gold coast,queensland',
  'Australia/Perth': 'awst',
  'Pacific/Auckland': 'new zealand,wellington,christchurch,nzst,nzdt',
};

/** "são paulo" and "Sao_Paulo" are one place. */
const fold = (words: string): string =>
  words
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .replace(/[\s_.,'’-]+/gu, ' ')
    .trim()
    .toLowerCase();

interface Place {
  readonly name: string;
  readonly zone: string;
}

let places: readonly Place[] | undefined;

function listPlaces(): readonly Place[] {
  places ??= [
    ...Intl.supportedValuesOf('timeZone').flatMap(listed => {
      const zone = RENAMED[listed] ?? listed;
      return [...new Set([zone, listed])].map(name => ({ name: fold(zoneName(name)), zone }));
    }),
    ...Object.entries(OTHER_NAMES).flatMap(([zone, names]) => names.split(',').map(name => ({ name, zone }))),
  ];
  return places;
}

/** More than this is no answer but another question. */
const PLACES_MAX = 10;

/**
 * The zones of the places that `words` name, best first: an IANA name in any case, a city, a country with one zone, an
 * abbreviation, or the first letters (three at least) of one of these. Empty where there is none.
 */
export function findPlaceZones(words: string): string[] {
  if (words.length > 100) return [];
  const name = fold(words);
  if (name === '') return [];
  if (['utc', 'gmt', 'z'].includes(name)) return ['UTC'];
  const typed = words.trim().replaceAll(' ', '_');
  if (typed.includes('/') && isZone(typed)) {
    const zone = new Intl.DateTimeFormat('en-US', { timeZone: typed }).resolvedOptions().timeZone;
    return [RENAMED[zone] ?? zone];
  }
  const same = listPlaces().filter(place => place.name === name);
  const found = same.length > 0 || name.length < 3 ? same : listPlaces().filter(place => place.name.startsWith(name));
  const [city, ...region] = words.split(',');
  if (found.length === 0 && city && region.length > 0) return findPlaceZones(city); // "Washington, DC"
  return [...new Set(found.map(({ zone }) => zone))].sort((one, other) => rank(one) - rank(other)).slice(0, PLACES_MAX);
}

/** Where few live the zone comes late, so that "lon" is London before Longyearbyen. */
const rank = (zone: string): number => (WORLD_ZONES.includes(zone) ? WORLD_ZONES.indexOf(zone) : WORLD_ZONES.length);
