# ruff: noqa: E501, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""The words of edge-tiny's small world: nouns with their kinds, places, names, colours, actions.

Everything here is data or draws from that data with the caller's random generator.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Noun:
    """A countable noun, and the words it falls under (`dog`: pet, animal)."""

    one: str
    many: str
    kinds: frozenset[str]

    @property
    def article(self) -> str:
        """`a` or `an`."""
        return article(self.one)


@dataclass(frozen=True, slots=True)
class Place:
    """A place with its preposition: `at`, `door`, and whether `the` stands before the name."""

    prep: str
    name: str
    the: bool = True

    @property
    def phrase(self) -> str:
        """`at the door`."""
        return f"{self.prep} {self.bare}"

    @property
    def plain(self) -> str:
        """The name alone where its preposition is the usual one, else with it."""
        return (
            self.name
            if _USUAL.get(self.name if self.the else self.name.split(" ")[0], "") == self.prep
            else self.phrase
        )

    @property
    def bare(self) -> str:
        """`the door`."""
        return f"the {self.name}" if self.the else self.name


_AN_EXCEPTIONS = ("uni", "use", "eu", "one", "uti")


def article(word: str) -> str:
    """The indefinite article of `word`, by its first letters."""
    low = word.lower()
    if low.startswith(_AN_EXCEPTIONS):
        return "a"
    return "an" if low[:1] in "aeiou" or word.startswith(("SUV", "LED", "MRI", "X-ray", "hour")) else "a"


def plural(word: str) -> str:
    """The plural of a noun, by its ending."""
    if word.endswith(("s", "x", "ch", "sh", "z")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    if word.endswith("fe"):
        return word[:-2] + "ves"
    if word.endswith("man") and word not in {"human", "German"}:
        return word[:-3] + "men"
    return word + "s"


def _nouns(kinds: str, words: str) -> list[Noun]:
    """Parse `dog, mouse/mice, …` into nouns that all have `kinds`."""
    found = []
    for word in words.replace("\n", " ").split(","):
        one, _, many = word.strip().partition("/")
        found.append(Noun(one, many or plural(one), frozenset(kinds.split())))
    return found


PERSON = Noun("person", "people", frozenset({"person"}))
ANIMAL = Noun("animal", "animals", frozenset({"animal"}))
VEHICLE = Noun("vehicle", "vehicles", frozenset({"vehicle"}))
BIRD = Noun("bird", "birds", frozenset({"bird", "animal"}))

MEN = _nouns(
    "person man adult",
    "man, gentleman, postman, salesman, businessman, guy, fisherman, waiter, priest, monk, boyfriend, grandfather, father",
)
WOMEN = _nouns(
    "person woman adult",
    "woman, lady/ladies, waitress, businesswoman, nun, grandmother, mother, saleswoman, policewoman",
)
BOYS = _nouns("person child boy", "boy, schoolboy")
GIRLS = _nouns("person child girl", "girl, schoolgirl")
CHILDREN = _nouns("person child", "child/children, kid, toddler, baby, infant, youngster, preschooler")
WORKERS = _nouns(
    "person worker",
    """worker, technician, electrician, plumber, welder, cleaner, janitor, mechanic, engineer, carpenter, painter, roofer,
    builder, gardener, farmer, cook, chef, cashier, clerk, guard, security guard, nurse, doctor, surgeon, dentist, paramedic,
    police officer, firefighter, inspector, operator, machinist, supervisor, foreman, porter, driver, truck driver, bus driver,
    taxi driver, forklift driver, courier, delivery driver, mail carrier, postal worker, teacher, soldier, receptionist, barista,
    bartender, vet, warehouse worker, construction worker, maintenance worker, employee, staff member, picker, packer, lifeguard,
    photographer, journalist, locksmith, bricklayer, surveyor, baker, butcher, tailor, hairdresser, pilot, sailor, miner""",
)
OTHERS = _nouns(
    "person",
    """visitor, guest, customer, shopper, client, passenger, pedestrian, passer-by/passers-by, cyclist, jogger, runner, skater,
    skateboarder, hiker, tourist, student, pupil, neighbour/neighbours, stranger, intruder, burglar, thief/thieves, suspect,
    patient, resident, tenant, commuter, swimmer, player, spectator, contractor, colleague, teenager, adult, individual,
    motorist, rider, biker, hunter, camper, protester, musician, dancer, actor, trespasser, bystander, volunteer, pensioner,
    elderly man/elderly men, elderly woman/elderly women, homeowner, landlord, manager, boss/bosses, member, attendee, subject""",
)
PEOPLE = [*MEN, *WOMEN, *BOYS, *GIRLS, *CHILDREN, *WORKERS, *OTHERS]

DOGS = _nouns(
    "animal pet dog mammal",
    "dog, puppy, hound, labrador, terrier, poodle, sheepdog, German shepherd, bulldog, husky, beagle",
)
CATS = _nouns("animal pet cat mammal", "cat, kitten, tabby, tomcat")
PETS = _nouns("animal pet mammal", "rabbit, hamster, guinea pig, ferret")
FARM = _nouns(
    "animal livestock mammal",
    "horse, pony, cow, bull, calf/calves, sheep/sheep, lamb, goat, pig, piglet, donkey, mule, ox/oxen, llama, alpaca, foal, buffalo/buffaloes, camel",
)
WILD = _nouns(
    "animal wild mammal",
    """fox, deer/deer, hedgehog, squirrel, mouse/mice, rat, raccoon, badger, wolf/wolves, bear, wild boar, boar, hare, marten, weasel,
    otter, beaver, moose/moose, elk/elk, coyote, skunk, opossum, bat, lynx, cougar, monkey, mole, bison/bison, kangaroo, elephant,
    lion, tiger, leopard, porcupine, stoat, polecat, seal""",
)
BIRDS = _nouns(
    "animal bird",
    """crow, pigeon, duck, goose/geese, hen, chicken, rooster, turkey, swan, owl, seagull, gull, magpie, parrot, stork, heron, sparrow,
    eagle, hawk, falcon, peacock, robin, blackbird, raven, woodpecker, dove, kestrel, swallow, starling, pheasant, penguin,
    flamingo, ostrich, buzzard, vulture, jay, finch, crane bird, jackdaw, budgie""",
)
REPTILES = _nouns("animal reptile", "lizard, snake, turtle, tortoise, gecko, crocodile, iguana, viper")
SMALL = _nouns(
    "animal", "frog, toad, fish/fish, spider, moth, wasp, bee, snail, crab, salamander, butterfly, beetle, ant, fly"
)
ANIMALS = [*DOGS, *CATS, *PETS, *FARM, *WILD, *BIRDS, *REPTILES, *SMALL]

CARS = _nouns(
    "vehicle car motor",
    "car, sedan, hatchback, taxi, cab, limousine, coupe, convertible, station wagon, SUV, jeep, estate car, estate, police car, patrol car, sports car, hire car",
)
TRUCKS = _nouns(
    "vehicle truck motor",
    "truck, lorry, pickup, pickup truck, garbage truck, dump truck, tanker, tow truck, semi-truck, box truck, flatbed truck, delivery truck, cement mixer, fire truck, fire engine, tanker truck, articulated lorry",
)
VANS = _nouns("vehicle van motor", "van, delivery van, minivan, minibus, camper van, postal van, cargo van, police van")
BIKES = _nouns("vehicle bike", "bicycle, bike, e-bike, mountain bike, cargo bike, tricycle, road bike")
MOTORBIKES = _nouns("vehicle motorbike motor", "motorcycle, motorbike, scooter, moped, dirt bike")
MACHINES = _nouns(
    "vehicle motor",
    "bus, coach, tractor, forklift, ambulance, tram, train, excavator, bulldozer, digger, golf cart, quad bike, camper, motorhome, street sweeper, wheel loader, combine harvester, reach stacker, dumper, snow plough, steamroller, school bus, backhoe, buggy, go-kart, hearse, locomotive, trolleybus",
)
BOATS = _nouns("vehicle boat", "boat, ship, ferry, motorboat, sailboat, canoe, kayak, dinghy, barge, tugboat, yacht")
VEHICLES = [*CARS, *TRUCKS, *VANS, *BIKES, *MOTORBIKES, *MACHINES, *BOATS]

PACKAGES = _nouns("object package", "parcel, package, box, carton, crate, cardboard box, delivery, shipment, packet")
BAGS = _nouns(
    "object bag",
    "bag, suitcase, backpack, handbag, shopping bag, rucksack, duffel bag, briefcase, sack, plastic bag, sports bag, purse",
)
TOOLS = _nouns(
    "object tool",
    "hammer, drill, saw, wrench, screwdriver, shovel, spade, broom, rake, axe, pair of pliers/pairs of pliers, spanner, crowbar, chisel, trowel, chainsaw, pickaxe",
)
FURNITURE = _nouns(
    "object furniture",
    "chair, table, bench, sofa, desk, stool, shelf/shelves, cupboard, armchair, couch, bed, cabinet, wardrobe, mattress, bookcase",
)
CLOTHES = _nouns("object clothing", "hat, glove, jacket, shoe, coat, scarf/scarves, boot, cap, sock, shirt")
ELECTRONICS = _nouns(
    "object device",
    "phone, laptop, tablet, camera, drone, television, printer, monitor, keyboard, radio, tripod, speaker, battery, charger",
)
THINGS = _nouns(
    "object",
    """pallet, ladder, umbrella, bottle, ball, bucket, traffic cone, cone, helmet, hard hat, toolbox, trolley, cart, letter, envelope,
    key, barrel, drum, gas cylinder, container, bin, trash can, wheelbarrow, hose, plant, flowerpot, tent, cup, mug, plate, book,
    newspaper, stroller, pram, wheelchair, shopping cart, skateboard, rope, cable, pipe, tyre, tire, brick, plank, tarpaulin, roll,
    tray, basket, bouquet, guitar, sign, banner, balloon, fire extinguisher, jerrycan, canister, spool, reel, bale, log, branch,
    tree, rock, stone, candle, lamp, mirror, picture, clock, towel, blanket, pillow, rug, vase, pot, pan, kettle, knife/knives,
    fork, spoon, glass, can, tin, jar, apple, pumpkin, melon, wheel, engine, motor, pump, valve, panel, fan, heater, generator,
    compressor, trailer, skip, dumpster, mailbox, barrier, rucksack, sandbag, sled, ski, surfboard, lifebuoy, net, fishing rod,
    tennis racket, football, kite, doll, toy, teddy bear, puddle, footprint, badge, folder, binder, test tube, syringe, bandage""",
)
OBJECTS = [*PACKAGES, *BAGS, *TOOLS, *FURNITURE, *CLOTHES, *ELECTRONICS, *THINGS]

# What a question may call a kind of thing, and the kind it means.
HYPERNYMS: dict[str, tuple[tuple[str, str], ...]] = {
    "animal": (
        ("animal", "animals"),
        ("animal", "animals"),
        ("creature", "creatures"),
        ("beast", "beasts"),
        ("living animal", "living animals"),
    ),
    "pet": (("pet", "pets"),),
    "bird": (("bird", "birds"),),
    "dog": (("dog", "dogs"), ("canine", "canines"), ("hound", "hounds")),
    "cat": (("cat", "cats"), ("feline", "felines")),
    "livestock": (("farm animal", "farm animals"),),
    "mammal": (("mammal", "mammals"),),
    "reptile": (("reptile", "reptiles"),),
    "person": (
        ("person", "people"),
        ("person", "people"),
        ("human", "humans"),
        ("human being", "human beings"),
        ("individual", "individuals"),
    ),
    "child": (("child", "children"), ("kid", "kids"), ("minor", "minors")),
    "worker": (("worker", "workers"),),
    "vehicle": (("vehicle", "vehicles"), ("vehicle", "vehicles"), ("means of transport", "means of transport")),
    "motor": (("motor vehicle", "motor vehicles"),),
    "car": (("car", "cars"), ("automobile", "automobiles"), ("passenger car", "passenger cars")),
    "truck": (("truck", "trucks"), ("lorry", "lorries")),
    "bike": (("bike", "bikes"), ("bicycle", "bicycles"), ("cycle", "cycles")),
    "motorbike": (("motorbike", "motorbikes"), ("motorcycle", "motorcycles")),
    "boat": (("boat", "boats"), ("watercraft", "watercraft")),
    "package": (("package", "packages"), ("parcel", "parcels")),
    "bag": (("bag", "bags"), ("piece of luggage", "pieces of luggage")),
    "tool": (("tool", "tools"),),
    "furniture": (("piece of furniture", "pieces of furniture"),),
}
GENERIC = {"person": PERSON, "animal": ANIMAL, "vehicle": VEHICLE, "bird": BIRD}
# One word for the same thing: what a question may say for a noun of the facts.
SYNONYMS: dict[str, tuple[str, str]] = {
    "person": ("individual", "individuals"),
    "child": ("kid", "kids"),
    "kid": ("child", "children"),
    "bicycle": ("bike", "bikes"),
    "bike": ("bicycle", "bicycles"),
    "parcel": ("package", "packages"),
    "package": ("parcel", "parcels"),
    "truck": ("lorry", "lorries"),
    "lorry": ("truck", "trucks"),
    "motorcycle": ("motorbike", "motorbikes"),
    "motorbike": ("motorcycle", "motorcycles"),
    "car": ("automobile", "automobiles"),
    "guard": ("security guard", "security guards"),
    "couch": ("sofa", "sofas"),
    "phone": ("mobile phone", "mobile phones"),
    "trash can": ("garbage can", "garbage cans"),
    "seagull": ("gull", "gulls"),
    "tire": ("tyre", "tyres"),
    "backpack": ("rucksack", "rucksacks"),
    "taxi": ("cab", "cabs"),
    "woman": ("lady", "ladies"),
    "man": ("male person", "male persons"),
    "police officer": ("cop", "cops"),
    "courier": ("delivery person", "delivery people"),
    "firefighter": ("fireman", "firemen"),
    "helmet": ("hard hat", "hard hats"),
    "boat": ("vessel", "vessels"),
    "mail carrier": ("postman", "postmen"),
    "television": ("TV", "TVs"),
    "stroller": ("pram", "prams"),
}

COLOURS = """red, blue, green, white, black, grey, gray, silver, yellow, orange, brown, purple, pink, beige, golden, dark blue, light blue,
dark green, navy, turquoise, maroon, cream, violet, dark grey, light green, bronze, burgundy, khaki, teal, magenta, olive, tan, lilac, crimson""".replace(
    "\n", " "
).split(", ")
SIZES = [
    "small",
    "large",
    "big",
    "tall",
    "short",
    "young",
    "old",
    "tiny",
    "huge",
    "wet",
    "dirty",
    "new",
    "empty",
    "full",
    "broken",
    "damaged",
    "heavy",
]

_PLACES = {
    "at": """door, front door, back door, side door, gate, main gate, entrance, main entrance, exit, emergency exit, fence, bus stop,
        crossing, intersection, counter, checkout, till, reception, front desk, loading dock, loading bay, ramp, checkpoint, barrier,
        window, mailbox, bell, well, pump, fuel station, toll booth, kiosk, ticket machine, turnstile, school gate, garden gate, curb,
        roadside, pier, crossroads, traffic light, help desk, bar, buffet, bedside, washing station, service entrance, delivery entrance,
        north entrance, south gate, west door, east gate, rear entrance, cattle gate, boat ramp, charging station, weighbridge, stile""",
    "in": """yard, backyard, front yard, garage, driveway, warehouse, hallway, lobby, corridor, kitchen, office, server room, workshop,
        barn, stable, field, pasture, orchard, greenhouse, garden, courtyard, cellar, basement, attic, canteen, meeting room, gym,
        shop, store, pharmacy, parking lot, car park, street, park, forest, pool, playground, living room, bedroom, nursery, bathroom,
        laundry room, storage room, cold room, freezer, clean room, laboratory, lab, paint shop, foundry, machine hall, assembly hall,
        waiting room, ward, operating room, classroom, library, church, museum, cinema, elevator, lift, stairwell, archive, control room,
        boiler room, henhouse, chicken coop, pen, cage, shed, tool shed, quarry, harbour, tunnel, alley, lane, vineyard, paddock, vault,
        changing room, break room, restroom, aisle, conference room, packing area, sorting area, restricted area, danger zone, back office,
        showroom, studio, conservatory, pantry, hangar, depot, compound, bike shed, foyer, dining room, hotel lobby, mail room, picking zone""",
    "on": """porch, patio, balcony, terrace, roof, staircase, stairs, lawn, pavement, sidewalk, road, bridge, platform, track, beach,
        conveyor, conveyor belt, shelf, pallet rack, bench, table, floor, path, footpath, motorway, highway, scaffold, scaffolding, stage,
        runway, pitch, court, deck, doorstep, steps, landing, railway track, helipad, quay, production line, assembly line, grass, field road,
        bike lane, bus lane, shoulder, ledge, gangway, mezzanine, ramp, workbench, upper floor, ground floor, second floor, forecourt""",
    "near": "fence, gate, pond, river, tree, shed, pool, hydrant, transformer, tank, silo, stairs, lift, machine, press, furnace, garage, bins",
    "by": "door, window, gate, pool, river, machine, lift, coffee machine, entrance, road",
    "behind": "fence, house, shed, garage, counter, barn, truck, container",
    "outside": "house, shop, office, garage, warehouse, school, bank, main building",
    "inside": "garage, warehouse, house, shop, fence, perimeter, safety cage",
    "next to": "door, machine, truck, container, tank, bench, dumpster, mailbox",
    "in front of": "garage, house, shop, door, gate, bank, school, camera, counter, machine",
    "under": "bridge, canopy, table, bench, stairs, tree",
}
PLACES = [Place(prep, name.strip()) for prep, names in _PLACES.items() for name in names.replace("\n", " ").split(",")]
_USUAL: dict[str, str] = {}
for _place in PLACES:
    _USUAL.setdefault(_place.name, _place.prep)
_USUAL |= dict.fromkeys(
    "zone room hall aisle ward sector building warehouse area block cell".split(), "in"
) | dict.fromkeys("dock gate bay machine station entrance terminal pump stand door bed table".split(), "at")
_USUAL |= dict.fromkeys("platform track floor level lane shelf line rack".split(), "on")


def usual_preposition(name: str) -> str:
    """`in` for a hall or `hall 3`, `on` for a platform, else `at`."""
    return _USUAL.get(name) or _USUAL.get(name.partition(" ")[0], "at")


_NUMBERED = (
    "dock",
    "gate",
    "aisle",
    "platform",
    "bay",
    "zone",
    "room",
    "hall",
    "lane",
    "cell",
    "machine",
    "ward",
    "floor",
    "sector",
    "line",
    "station",
    "shelf",
    "entrance",
    "building",
    "terminal",
    "pump",
    "track",
    "level",
    "block",
    "warehouse",
    "stand",
    "door",
    "area",
    "bed",
    "rack",
    "table",
)

_KINDS_OF_PLACES = (
    "hotel school stable bike paint north south east west old new main staff visitor hospital bank farm shop factory rear upper lower left right car truck tool cattle horse police church station airport museum theatre restaurant kitchen "
    "office hall city village market train bus boat goods loading storage baggage ticket library university clinic laboratory wine fruit garden side inner outer".split()
)
FIRST_NAMES = """Maria Tom Anna Paul Lena Omar Yuki Ivan Sofia Liam Emma Noah Olivia Ahmed Fatima Chen Wei Priya Raj Carlos Lucia Diego Elena Marco
Giulia Hans Greta Karl Ingrid Lars Astrid Pierre Camille Jean Claire Luis Ana Pedro Ines Jonas Mia Leon Hannah Felix Laura Max Julia Peter Susan
John Mary David Linda James Karen Robert Nancy Michael Sarah William Jessica Richard Emily Thomas Kate Daniel Rachel Mark Helen George Alice Steve
Grace Kevin Ruth Brian Diana Edward Irene Frank Rose Henry Martha Jack Nina Oscar Vera Victor Olga Boris Petra Milan Zofia Jan Agnes Piotr Katarina
Mehmet Aisha Yusuf Leila Hassan Noor Ali Zara Kofi Ama Kwame Abena Tunde Ngozi Sanjay Meera Arjun Divya Hiro Sakura Kenji Aiko Min Jin Soo Hye Bao
Linh Minh Thuy Samuel Eva Adam Nora Simon Tessa Ben Lucy Alex Sam Robin Kim Chris Pat Jordan Taylor Morgan Casey Erik Freya Sven Maja Nils Elsa
Dmitri Natasha Igor Svetlana Andrei Bianca Matteo Chiara Luca Aurora Rui Beatriz Tiago Joana Hugo Chloe Arthur Louise Gabriel Manon Theo Zoe""".split()
LAST_NAMES = """Smith Jones Brown Miller Davis Garcia Lopez Martin Lee Khan Patel Singh Kim Nguyen Tanaka Sato Schmidt Weber Fischer Meyer Becker Rossi
Russo Ferrari Dubois Moreau Laurent Silva Santos Costa Novak Kowalski Ivanov Petrov Andersen Hansen Larsen Berg Lund Okafor Mensah Diallo Haddad
Aziz Yilmaz Demir Cohen Levi Murphy Kelly Walsh Clark Lewis Young Walker Hall Allen King Wright Scott Green Baker Adams Nelson Carter""".split()
COMPANIES = """DHL UPS FedEx Hermes GLS DPD Amazon TNT Purolator PostNL Acme Globex Initech Umbrella Northwind Contoso Fabrikam Lidl Bosch
Siemens Maersk Shell Ikea Tesco Aldi Hertz Sixt Uber Lufthansa Ryanair Volvo Scania Toyota Ford Audi Fiat Skoda Tesla Renault""".split()
BRANDS = "Volvo Toyota Ford Audi Fiat Skoda Tesla Renault BMW Mercedes Honda Kia Mazda Nissan Opel Peugeot Seat Scania MAN Iveco Volkswagen Hyundai Dacia Citroen".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()

PERSON_DOING = """walking, running, standing, sitting, waiting, talking, reading, sleeping, working, smoking, cleaning, dancing, shouting, waving,
kneeling, limping, climbing the fence, ringing the bell, knocking on the door, looking at the camera, lying on the floor, lying on the ground,
carrying a box, carrying a ladder, carrying a bag, pushing a cart, pushing a trolley, holding an umbrella, holding a phone, using a phone,
talking on the phone, unloading a truck, loading a van, opening the door, closing the gate, locking the door, riding a bike, eating, drinking,
drinking coffee, taking a photo, sweeping the floor, painting a wall, repairing a pump, fixing a light, checking a meter, counting boxes, stacking boxes,
typing, writing, leaning on the wall, jumping, falling, stretching, washing a car, mowing the lawn, watering plants, feeding the birds, playing,
playing football, digging a hole, welding, drilling, wearing a mask, handing over a parcel, signing a form, leaving, arriving, entering, crossing the road,
getting into a car, getting out of a car, walking a dog, moving boxes, inspecting the belt, operating the crane, driving a forklift, stealing a bike,
looking for something, hiding, crouching, resting, queuing, shopping, paying, filming, laughing, crying, arguing, fighting, hugging, shovelling snow""".replace(
    "\n", " "
).split(", ")
ANIMAL_DOING = """sleeping, running, sitting, eating, drinking, resting, standing, lying down, walking, hiding, playing, jumping, looking at the camera, crossing the road,
digging, sniffing the ground, scratching the door, chasing a ball, waiting, grazing, climbing a tree, lying in the sun, moving slowly, limping, sniffing the bin""".replace(
    "\n", " "
).split(", ")
VEHICLE_DOING = """parked, moving, reversing, turning left, turning right, stopped, leaving, arriving, idling, waiting, blocking the gate, blocking the exit, driving away,
speeding, unloading, being loaded, being repaired, broken down, double-parked, approaching, overtaking, charging, entering, blocking the driveway""".replace(
    "\n", " "
).split(", ")
OBJECT_DOING = """unattended, left behind, upside down, wrapped in plastic, on fire, leaking, tipped over, sealed, stacked, covered with snow, chained up, missing its lid,
out of place, on its side, labelled, taped shut, leaning against the wall""".replace("\n", " ").split(", ")
WEARING = """a helmet, a hard hat, a safety vest, a yellow vest, a mask, a hood, a black hoodie, a red jacket, a blue coat, a green cap, a uniform, sunglasses, gloves,
an orange vest, a raincoat, a white shirt, a backpack, a grey suit, a scarf, boots, safety glasses, ear protection, a face shield, a badge, an apron, a brown hat,
jeans, shorts, a dark coat, a striped shirt, a lab coat, overalls, a red cap, a bicycle helmet, a high-visibility vest""".replace(
    "\n", " "
).split(", ")

_ONSETS = "b br c ch cl cr d dr f fl fr g gl gr h j k kl l m n p pl pr qu r s sh sk sl sn st str t th tr v vr w y z zh".split()
_NUCLEI = "a e i o u ai ea ee io oa oo ou ia eu au".split()
_CODAS = "b ck d f g k l ll lt m mp n nd ng nk nt p r rd rk rn rt s sh sk st t th v x z".split() + [""] * 12


def pseudo_word(rng: Random) -> str:
    """A pronounceable word that means nothing, so that copying cannot be learnt by heart."""
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_NUCLEI) + (rng.choice(_CODAS) if rng.random() < 0.6 else "")
        for _ in range(rng.choice((1, 2, 2, 2, 3)))
    )


def person_name(rng: Random) -> str:
    """A first name, a full name, one with a title, or an invented one."""
    first = rng.choice(FIRST_NAMES) if rng.random() < 0.6 else pseudo_word(rng).capitalize()
    roll = rng.random()
    if roll < 0.65:
        return first
    last = rng.choice(LAST_NAMES) if rng.random() < 0.6 else pseudo_word(rng).capitalize()
    return f"{first} {last}" if roll < 0.85 else f"{rng.choice(('Mr', 'Mrs', 'Ms', 'Dr'))} {last}"


def place(rng: Random) -> Place:
    """A place of the list, a numbered one, or one with an invented name."""
    roll = rng.random()
    if roll < 0.14:
        base = rng.choice(PLACES)
        return (
            Place(base.prep, f"{rng.choice(_KINDS_OF_PLACES)} {base.name}")
            if base.prep in {"at", "in", "on"} and " " not in base.name
            else base
        )
    if roll < 0.76:
        return rng.choice(PLACES)
    if roll < 0.92:
        name = rng.choice(_NUMBERED)
        label = str(rng.randint(1, 40)) if rng.random() < 0.65 else rng.choice("ABCDEFGHKLMN")
        if rng.random() < 0.12:
            label = rng.choice("ABCDEF") + str(rng.randint(1, 20))
        return Place(
            _USUAL[name] if rng.random() < 0.85 else rng.choice(("near", "behind", "next to")),
            f"{name} {label}",
            the=False,
        )
    kind = rng.choice(
        ("Street", "Road", "Avenue", "Square", "Hall", "Gate", "yard", "entrance", "farm", "room", "site")
    )
    word = pseudo_word(rng)
    word = word.capitalize() if kind[0].isupper() or rng.random() < 0.5 else word
    return Place(rng.choice(("at", "in", "on")), f"{word} {kind}", the=not kind[0].isupper())


@cache
def _pools() -> tuple[tuple[list[Noun], float], ...]:
    return (
        ([PERSON], 0.2),
        (PEOPLE, 0.24),
        (ANIMALS, 0.2),
        (VEHICLES, 0.18),
        (OBJECTS, 0.14),
        ([ANIMAL, VEHICLE, BIRD], 0.02),
    )


_COMMON = {
    noun.one: noun
    for noun in (*PEOPLE, *ANIMALS, *VEHICLES, *OBJECTS)
    if noun.one
    in {
        "man",
        "woman",
        "child",
        "courier",
        "worker",
        "dog",
        "cat",
        "fox",
        "bird",
        "car",
        "truck",
        "van",
        "bicycle",
        "bus",
        "parcel",
        "box",
        "bag",
        "pallet",
        "chair",
        "guard",
        "horse",
        "cow",
        "crow",
        "forklift",
        "ladder",
    }
}


def noun(rng: Random) -> Noun:
    """A noun: people often, then animals, vehicles, objects; now and then an invented one."""
    roll = rng.random()
    if roll < 0.02:
        word = pseudo_word(rng)
        return Noun(word, word + "s", frozenset({"unknown"}))
    if roll < 0.3:
        return rng.choice(list(_COMMON.values()))
    roll = rng.random()
    for pool, share in _pools():
        roll -= share
        if roll < 0:
            return rng.choice(pool)
    return PERSON
