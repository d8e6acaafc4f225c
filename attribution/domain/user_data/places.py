"""Country names and the states of the USA, as two-letter codes (ISO 3166)."""

from __future__ import annotations

import unicodedata

_COUNTRIES = """
ad andorra | ae united arab emirates | af afghanistan | ag antigua and barbuda | ai anguilla | al albania | am armenia | an netherlands
antilles | ao angola | aq antarctica | ar argentina | as american samoa | at austria | au australia | aw aruba | ax åland islands | az
azerbaijan | ba bosnia and herzegovina | bb barbados | bd bangladesh | be belgium | bf burkina faso | bg bulgaria | bh bahrain | bi
burundi | bj benin | bl saint barthélemy | bm bermuda | bn brunei | bo bolivia | bq bonaire, sint eustatius and saba | br brazil | bs
bahamas | bt bhutan | bv bouvet island | bw botswana | by belarus | bz belize | ca canada | cc cocos islands | cd the democratic republic
of congo | cf central african republic | cg congo | ch switzerland | ci côte d'ivoire | ck cook islands | cl chile | cm cameroon | cn
china | co colombia | cr costa rica | cu cuba | cv cape verde | cw curaçao | cx christmas island | cy cyprus | cz czech republic | de
germany | dj djibouti | dk denmark | dm dominica | do dominican republic | dz algeria | ec ecuador | ee estonia | eg egypt | eh western
sahara | er eritrea | es spain | et ethiopia | fi finland | fj fiji | fk falkland islands | fm micronesia | fo faroe islands | fr france |
ga gabon | gb united kingdom | gd grenada | ge georgia | gf french guiana | gg guernsey | gh ghana | gi gibraltar | gl greenland | gm
gambia | gn guinea | gp guadeloupe | gq equatorial guinea | gr greece | gs south georgia and the south sandwich islands | gt guatemala |
gu guam | gw guinea-bissau | gy guyana | hk hong kong | hm heard island and mcdonald islands | hn honduras | hr croatia | ht haiti | hu
hungary | id indonesia | ie ireland | il israel | im isle of man | in india | io british indian ocean territory | iq iraq | ir iran | is
iceland | it italy | je jersey | jm jamaica | jo jordan | jp japan | ke kenya | kg kyrgyzstan | kh cambodia | ki kiribati | km comoros |
kn saint kitts and nevis | kp north korea | kr south korea | kw kuwait | ky cayman islands | kz kazakhstan | la laos | lb lebanon | lc
saint lucia | li liechtenstein | lk sri lanka | lr liberia | ls lesotho | lt lithuania | lu luxembourg | lv latvia | ly libya | ma morocco
| mc monaco | md moldova | me montenegro | mf saint martin | mg madagascar | mh marshall islands | mk macedonia | ml mali | mm myanmar |
mn mongolia | mo macao | mp northern mariana islands | mq martinique | mr mauritania | ms montserrat | mt malta | mu mauritius | mv
maldives | mw malawi | mx mexico | my malaysia | mz mozambique | na namibia | nc new caledonia | ne niger | nf norfolk island | ng nigeria
| ni nicaragua | nl netherlands | no norway | np nepal | nr nauru | nu niue | nz new zealand | om oman | pa panama | pe peru | pf french
polynesia | pg papua new guinea | ph philippines | pk pakistan | pl poland | pm saint pierre and miquelon | pn pitcairn | pr puerto rico |
ps palestine | pt portugal | pw palau | py paraguay | qa qatar | re reunion | ro romania | rs serbia | ru russia | rw rwanda | sa saudi
arabia | sb solomon islands | sc seychelles | sd sudan | se sweden | sg singapore | sh saint helena | si slovenia | sj svalbard and jan
mayen | sk slovakia | sl sierra leone | sm san marino | sn senegal | so somalia | sr suriname | ss south sudan | st sao tome and principe
| sv el salvador | sx sint maarten (dutch part) | sy syria | sz swaziland | tc turks and caicos islands | td chad | tf french southern
territories | tg togo | th thailand | tj tajikistan | tk tokelau | tl timor-leste | tm turkmenistan | tn tunisia | to tonga | tr turkey |
tt trinidad and tobago | tv tuvalu | tw taiwan | tz tanzania | ua ukraine | ug uganda | um united states minor outlying islands | us
united states | uy uruguay | uz uzbekistan | va vatican | vc saint vincent and the grenadines | ve venezuela | vg british virgin islands |
vi u.s. virgin islands | vn vietnam | vu vanuatu | wf wallis and futuna | ws samoa | ye yemen | yt mayotte | za south africa | zm zambia |
zw zimbabwe
"""
_ALSO = """
us usa | us u.s. | us u.s.a. | us united states of america | us america | gb uk | gb gbr | gb u.k. | gb great britain | gb england | gb scotland
gb wales | gb northern ireland | de deu | de deutschland | fr fra | es esp | es españa | it ita | it italia | nl nld | nl the netherlands
nl holland | at aut | at österreich | ch che | ch schweiz | ch suisse | ca can | mx mex | mx méxico | br bra | br brasil | au aus | nz nzl | ie irl
in ind | jp jpn | cn chn | kr kor | kr korea | kr republic of korea | ru russian federation | cz czech republic | tr türkiye | vn viet nam
ae uae | hk hong kong | mk macedonia | ci ivory coast | za rsa
"""
_STATES = """
al alabama | ak alaska | az arizona | ar arkansas | ca california | co colorado | ct connecticut | de delaware | dc district of columbia
fl florida | ga georgia | hi hawaii | id idaho | il illinois | in indiana | ia iowa | ks kansas | ky kentucky | la louisiana | me maine
md maryland | ma massachusetts | mi michigan | mn minnesota | ms mississippi | mo missouri | mt montana | ne nebraska | nv nevada
nh new hampshire | nj new jersey | nm new mexico | ny new york | nc north carolina | nd north dakota | oh ohio | ok oklahoma | or oregon
pa pennsylvania | ri rhode island | sc south carolina | sd south dakota | tn tennessee | tx texas | ut utah | vt vermont | va virginia
wa washington | wv west virginia | wi wisconsin | wy wyoming | pr puerto rico
"""


def bare(text: str) -> str:
    """Lower case with letters, marks and digits only; what is not ASCII stays as it is, composed (NFC)."""
    lowered = unicodedata.normalize("NFC", text.strip().lower())
    return "".join(sign for sign in lowered if unicodedata.category(sign)[0] in "LMN")


def _table(*texts: str) -> dict[str, str]:
    entries = [one.strip() for text in texts for one in text.replace("\n", " | ").split("|") if one.strip()]
    return {bare(name): code for code, _, name in (entry.partition(" ") for entry in entries)}


_COUNTRY_BY_NAME, _STATE_BY_NAME = _table(_COUNTRIES.replace("\n", " "), _ALSO), _table(_STATES)
COUNTRY_CODES = frozenset(_COUNTRY_BY_NAME.values())
STATE_CODES = frozenset(_STATE_BY_NAME.values())


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 in lower case from a code or an English name; None where it is neither."""
    word = bare(text)
    return _COUNTRY_BY_NAME.get(word) or (word if word in COUNTRY_CODES else None)


def home_region(country: str, default_region: str) -> str:
    """Where phones, dates, states and postal codes of a person are read as at home (ISO 3166, upper case).

    The person's own country comes before the default region; a country that nobody can read is no place (empty).
    """
    return (country_code(country) or "").upper() if country else default_region.upper()


def us_state(text: str) -> str | None:
    """The two letters of a state of the USA from its code or name; None where it is neither."""
    word = bare(text)
    return _STATE_BY_NAME.get(word) or (word if word in STATE_CODES else None)
