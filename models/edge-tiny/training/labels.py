# ruff: noqa: E501, SIM905 - word lists are data
"""Labels of attributes, the states a thing can be in, and what is measured in which unit."""

CODE_LABELS = """lot|lot number|batch|batch number|serial|serial number|order|order number|ticket|ticket number|plate|licence plate|number plate|registration|badge|badge number|locker|slot|seat|bay|gate|dock|track|case|case number|article|article number|part|part number|sku|pallet|container number|trailer|seal|seal number|invoice|reference|reference number|booking|pin|zone|room|rack|bin|shelf|position|key number|card|card number|permit|permit number|tag|tag number|asset|asset number|barcode|qr text|label text|unit|van|unit number|line|cell|station|job|job number|route|tour|flight|voyage|wagon|berth|stand|locker number|tracking number|parcel number|customer number|meter number|camera|camera id|device id|sensor id|node|channel|port|drawer|bed|table|lane|sector|floor|version|model|model number|firmware version|error code|status code|message id|session|passport|visa|policy number|account|tariff|recipe|program|grade|class|size|format""".split(
    "|"
)
WORD_LABELS = """colour|material|cargo|load|contents|product|fruit|finish|paint|lid colour|cable colour|stripe|shape|condition|surface|type|kind|category|weather|sky|road surface|mood|smell|taste|sound|pattern|fabric|texture|reason|cause|defect|damage|fault|remark|note|comment|activity|task|operation|destination|origin|location|position|place|site|area|spot|found at|last seen|parked at|stored in|heading for|goal|tool|device|brand|make|manufacturer|vehicle|animal|breed|crop|variety|ingredient|wood|metal|fuel|medium|packaging|wrapping|logo|sign|symbol|title|topic|subject|result|verdict|finding|outcome|action|next step|priority|severity|mode|phase|stage|season|shift|language|hairstyle|hat|jacket|shoes|bag|carrying|wearing|holding|accessory""".split(
    "|"
)
PERSON_LABELS = """driver|owner|operator|name|visitor|guest|sender|recipient|receiver|contact|contact person|signed by|checked by|reported by|found by|supervisor|customer|patient|tenant|host|caller|witness|carrier|company|inspector|technician|on duty|guard|author|captain|assigned to|approved by|picked by|packed by|last user|holder|buyer|seller|trainer|escort|hauler|supplier|client|manufacturer""".split(
    "|"
)
ADDRESS_LABELS = """address|url|link|website|email|ip address|mac address|hostname|host|phone number|phone|device path|topic|stream|position|coordinates|gps|endpoint|server|broker|gateway|version|software version|path|route|street""".split(
    "|"
)
TIME_LABELS = """time|arrival|arrival time|departure|departure time|start|start time|end|end time|opened at|closed at|seen at|delivered at|due|deadline|last contact|last seen|check-in|check-out|eta|etd|pickup time|first alarm|last reboot|sunrise|sunset|next train|shift start|shift end|logged|scanned at|since|until|timestamp|updated|sent at|entered at|left at|last motion|last maintenance""".split(
    "|"
)
DATE_LABELS = """date|expiry|expiry date|best before|production date|delivery date|inspection date|last service|next service|due date|purchase date|birthday|installed on|valid until|calibrated on|ordered on|shipped on|harvested|day""".split(
    "|"
)
COUNT_LABELS = """quantity|count|number of pieces|pieces|boxes left|people|visitors|alarms|errors|retries|failures|hits|rejects|cycles|restarts|passengers|customers waiting|free seats|free slots|empty slots|pages|attempts|axles|doors|windows|stops|floors|units made|good parts|bad parts|missing parts|messages|clients|open orders|spare keys|goals|points|laps|rows|columns|layers|deliveries today""".split(
    "|"
)
FLAGS = (
    ("on", "off"),
    ("open", "closed"),
    ("up", "down"),
    ("active", "inactive"),
    ("full", "empty"),
    ("running", "stopped"),
    ("locked", "unlocked"),
    ("armed", "disarmed"),
    ("present", "missing"),
    ("clean", "dirty"),
    ("wet", "dry"),
    ("connected", "disconnected"),
    ("enabled", "disabled"),
    ("online", "offline"),
    ("occupied", "free"),
    ("passed", "failed"),
    ("intact", "broken"),
    ("raised", "lowered"),
    ("engaged", "released"),
    ("sealed", "unsealed"),
    ("valid", "expired"),
    ("signed", "unsigned"),
    ("paid", "unpaid"),
    ("plugged in", "unplugged"),
    ("loaded", "unloaded"),
    ("charging", "not charging"),
    ("tight", "loose"),
    ("lit", "dark"),
    ("busy", "idle"),
    ("warm", "cold"),
    ("blocked", "clear"),
    ("extended", "retracted"),
    ("mounted", "dismounted"),
    ("green", "red"),
    ("ok", "faulty"),
    ("approved", "rejected"),
    ("straight", "bent"),
    ("awake", "asleep"),
)
FLAG_LABELS = """door|gate|valve|pump|lid|lens|light|heater|alarm|barrier|hatch|engine|fan|motor|switch|relay|lock|window|shutter|battery|network|broker|wifi|vpn|mqtt|watchdog|camera|recording|microphone|siren|beacon|brake|clutch|flap|tap|drain|filter|seal|belt|status|power|mains|ups|test|payment|contract|ventilation""".split(
    "|"
)
TRUTH_LABELS = """fragile|urgent|insured|damaged|signed|paid|opened|sealed|refrigerated|dangerous|stackable|locked|armed|recording|night mode|maintenance due|tamper|smoke|leak|motion|rain|helmet|hi-vis vest|gloves|mask|seat belt|id shown|customs|express|return|warranty|defective|empty|occupied|throttled|muted|charging|fire|intrusion|queue|delayed|cancelled|accessible|lights on|engine on|overdue|approved|alarm active|jammed|blocked|in stock|reserved""".split(
    "|"
)
PARTICIPLES = "open closed present missing damaged attached locked loose visible covered lit wet switched-on plugged-in removed installed found checked cleaned signed counted".split()
MEASURES: tuple[tuple[str, str, float, float, int], ...] = (
    ("temperature", "°C", -20, 95, 1),
    ("temperature", "°C", 5, 90, 0),
    ("weight", "kg", 1, 900, 0),
    ("weight", "kg", 0.2, 60, 1),
    ("mass", "g", 5, 900, 0),
    ("length", "cm", 5, 400, 0),
    ("height", "cm", 5, 300, 0),
    ("width", "mm", 2, 900, 0),
    ("depth", "m", 0.5, 40, 1),
    ("distance", "m", 1, 300, 0),
    ("speed", "km/h", 2, 140, 0),
    ("pressure", "bar", 0.5, 16, 1),
    ("humidity", "%", 5, 99, 0),
    ("level", "%", 0, 100, 0),
    ("voltage", "V", 1, 400, 1),
    ("current", "A", 0.1, 32, 1),
    ("power", "W", 1, 90, 1),
    ("flow", "l", 1, 90, 0),
    ("volume", "l", 1, 500, 0),
    ("price", "EUR", 1, 300, 2),
    ("noise", "dB", 20, 110, 0),
    ("brightness", "lux", 0, 2000, 0),
    ("frequency", "Hz", 10, 900, 0),
    ("speed", "rpm", 100, 9000, 0),
    ("latency", "ms", 1, 900, 0),
    ("load", "%", 0, 100, 0),
    ("usage", "GB", 0.5, 64, 1),
    ("size", "MB", 1, 900, 0),
    ("signal", "dBm", -110, -30, 0),
    ("rate", "fps", 1, 120, 0),
    ("clock", "MHz", 100, 2400, 0),
    ("charge", "%", 1, 100, 0),
    ("angle", "°", 0, 180, 0),
    ("thickness", "mm", 0.5, 40, 1),
    ("score", "", 0, 100, 0),
    ("ratio", "", 0.01, 0.99, 2),
    ("dose", "ml", 1, 90, 0),
    ("confidence", "%", 20, 99, 0),
)
