# ruff: noqa: E501, PLR2004, SIM905 - word lists and the shares of a random choice are data
"""Everyday words beyond the small world, written by hand: things, people, qualities, deeds, places.

They are there to be found, compared and copied, not to be understood; invented words stand among
them, so that copying cannot be learnt by heart. Draws use the caller's generator alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from lexicon import pseudo_word
from narrative import conjugate

if TYPE_CHECKING:
    from random import Random

THINGS = """abacus accordion acorn adapter aerial afterburner airbag alloy almanac amplifier anchor antenna anvil apricot apron aquarium arch armchair
armrest arrow artichoke ashtray asphalt atlas auger avocado awning axle badge bagel bait balcony bale ballast balloon bamboo banana bandage banister banjo banner
barbell barometer barrel basin basket bathtub baton battery bead beacon beaker beam bean bearing bed beehive beet bell bellows belt bench berry bib billboard
binder binoculars biscuit blackboard blade blanket blender blind block blouse boiler bollard bolt bonnet bookend bookmark bookshelf boom boot bottle boulder bouquet
bowl bowstring box bracelet bracket brake branch brazier breadboard breaker brick bridle briefcase bristle broom brooch bucket buckle bud buffer bulb bulkhead bun
bundle bunker buoy burner bush button buzzer cabbage cabinet cable cactus cage cake calculator calendar calliper camshaft canal candle canister cannon canopy canteen
canvas capacitor capsule caravan carafe carburettor cardigan carpet carriage carrot cartridge carving case cask casserole castor catalogue catapult cauldron cauliflower
cello centrifuge chain chalkboard chandelier charger chassis cheese cherry chest chestnut chimney chip chisel chute cigar cinder cistern clamp clarinet clasp claw cleaver
clipboard cloak clog closet cloth clutch coaster cob coconut cog coil coin colander collar comb compass compressor conduit cone connector console converter cooker
cooler copier cord cork corkscrew cot counterweight coupling cradle crank crankshaft crate crayon credenza crest crib crown crowbar crucible crumb crutch crystal
cucumber cuff cupboard curtain cushion cutter cylinder cymbal dagger dam damper dart dashboard decanter denture deposit derrick desk detector diaper diode disc
dispenser display distiller docket doily dome doorbell doorknob doormat dough doughnut drain drainpipe drawbridge drawer dresser drill drone drum dryer duct dumbbell
dumpling dustpan duvet dynamo earmuff earphone earplug earring easel egg eggplant elbow electrode emblem encoder engine engraving envelope epaulette eraser
escalator espresso etching exhaust extension extinguisher eyepiece fabric fan faucet feather feeder felt fender fern ferry fiddle fig figurine filament file filter
fin firewood fitting flag flange flask flatiron floodlight flower flute flyer flywheel foil folder footrest footstool fork fountain frame freezer frisbee funnel furnace
fuse gaiter galley garland garlic garment gasket gauge gauze gavel gear gearbox geyser girder glider globe glove goblet goggle gong gourd gown grape grate grater
gravel grenade grill grinder grinder-head grommet guitar gutter gyroscope hacksaw hairbrush hammer hammock hamper handcuff handle handrail hanger harmonica harness
harp harpoon harrow hatch hatchet hatstand hay-bale headband headlamp headrest headset hearth hedge heater helm helmet hinge hoe hoist holster honeycomb hood
hoof hook hoop hopper horn horseshoe hose hourglass hovercraft hub hurdle hydrant icicle igniter implant incubator ingot inhaler injector inkwell insole insulator
intercom inverter iron jack jacket jar javelin jersey jetty jigsaw joist joystick jug juicer jumper kayak keg kennel kerosene kettle key keyboard kiln
kilt kimono kite knapsack knob knocker label lace ladder ladle lamppost lance lantern lasso latch lathe lattice lawnmower lectern ledger leek leggings lemon lens
lettuce lever lid lifebuoy lighter lightning-rod lily lime limpet linen lintel lipstick litre-jug loaf lock locket locomotive log loom loudspeaker lounge lozenge
luggage lute machete magnet magnifier mallet mandolin mango manhole mannequin mantelpiece manual marble marker marquee mask mast mat matchbox mattress medal
melon membrane menu meter microphone microscope microwave milestone mirror mitten mixer moccasin modem module monocle mop mortar motor mould mousetrap mouthpiece
mower muffin muffler mug mulch mushroom muzzle nail napkin necklace necktie needle net nightgown noodle noose notebook notice nozzle nut nutcracker oar oboe
onion orange orchid organ ornament ottoman outlet oven overcoat oxcart oyster padlock paddle padlock-key pail paintbrush painting palette pamphlet pan pancake
panel panpipe paperclip papaya parachute parasol parchment parka parsnip passport pasta paste pastry patch peach peanut pear pebble pedal pedestal peg pelican-case
pen pencil pendant pendulum pennant pepper perch periscope petal petticoat pew phial photograph piano piccolo pickaxe pickle pie pier pigment pillar pillow pin
pineapple pinwheel pipe pipette piston pitcher pitchfork pivot placard plank planter plaster plate platter plectrum pliers plinth plough plug plum plunger pocket
pocketknife podium pole poncho pontoon popsicle porthole post postcard poster pot potato pouch powder prism probe projector propeller protractor pruner puck
pudding pulley pulpit pump pumpkin puppet purse puzzle pylon quill quilt quiver raccoon-trap rack racket radar radiator radish raft rafter rag railing raisin
rake ramp raspberry ratchet rattle razor receipt receiver rectifier recorder reel reflector refrigerator regulator relay remote reservoir resistor respirator retort
revolver ribbon rifle rim ring rivet robe rocker rod roller rope rosary rotor router rowboat rucksack rudder ruler rung sabre sachet saddle sail salad
salt-shaker sandal sandbag sander sandwich sapling sash satchel saucepan saucer sausage saw sawhorse saxophone scaffold scale scalpel scanner scarecrow scarf
sceptre scissors scoop screen screw screwdriver scroll scrubber scythe seal seatbelt seed seesaw semaphore sensor serum shackle shawl shears sheath sheet shell
shelter shield shin-guard shovel shower shredder shroud shutter shuttle sickle sieve silo sink siphon siren skateboard skewer ski skillet skirt skylight slab
sledge sledgehammer sleeve sleigh slide sling slipper slot smock snorkel snowboard snowplough soap socket sofa solenoid sombrero spade spanner spark-plug spatula
speaker spear spectacles spice spike spinach spindle spinner splint sponge spool spoon spotlight spray spreader spring sprocket spur squeegee stabiliser stake
stamp stapler starter statue steamer stem stencil stepladder stereo stethoscope stick sticker stirrup stocking stool stopper stopwatch stove strainer strap straw
streamer stretcher string strut stud stump suitcase sundial sunflower sunshade surfboard suspender swab sweater swing switch switchboard sword syringe syrup tablet
tablecloth tack tambourine tandem tank tap tape tapestry target tarp tassel teabag teacup teapot telegraph telescope tent terminal test-tube thermos thermostat
thimble thistle thorn thread throttle tiara ticket tile tiller timer tin tinsel toaster toboggan toilet token tomato tongs tool-belt toothbrush topsoil torch
towel tower toy tracker tractor-seat trampoline transformer transistor transmitter trapdoor tray treadmill trellis tricycle tripod triangle trombone trophy trough
trousers trowel truffle trumpet trunk truss tub tube tulip tumbler tuner turbine turnip turnstile turret tuxedo tweezers typewriter ukulele umbrella urn vacuum
valve vane vase veil vent vessel vest vial viaduct video vine vinegar viola violin visor voltmeter voucher waffle wagon walkie-talkie wallet wallpaper
walnut wardrobe washbasin washer watch watering-can watermelon wax weathervane wedge weight wheel wheelbarrow whetstone whip whisk whistle wick wig winch
windmill window windscreen windsock wing wiper wire wok workbench wreath wrench xylophone yacht yarn yoghurt yoke zip zither zucchini""".split()
ROLES = """accountant acrobat adviser agent agronomist analyst animator apprentice archer architect archivist artist assembler assistant astronomer attendant auditor
auctioneer author bailiff baker banker barber beekeeper bellhop blacksmith boatman bookbinder bookseller botanist boxer brewer broker bursar busker butler buyer
cabinetmaker cadet caddie captain caretaker carer cartographer caterer cellist chaplain chauffeur chemist clown coach cobbler collector comedian composer conductor
conjurer constable consultant coordinator councillor cowboy crane-operator critic curator custodian cutter dean decorator designer detective dietitian diplomat director
dispatcher diver docker doorman drummer editor electrician envoy estate-agent examiner executive falconer fencer ferryman fiddler fireman fishmonger fitter florist
forester fitter-mate gamekeeper gatekeeper geologist glazier goalkeeper goldsmith governor grocer groom groundskeeper guide gymnast handyman harbourmaster herder
historian host hostess housekeeper illustrator importer inmate intern interpreter inventor jeweller jockey joiner juggler juror keeper kennel-hand labourer landlady
lawyer leader lecturer librarian linesman lodger logger lumberjack magician magistrate maid marshal mason matron mayor medic merchant messenger meteorologist midwife
milkman miller minister model monitor mountaineer muralist navigator negotiator newcomer novelist nun nutritionist observer officer optician orderly organist owner
paperboy parker partner pastor pathologist peddler performer pharmacist physicist pianist plasterer plumber poet potter printer private prisoner producer professor
programmer proofreader publisher quartermaster rancher ranger recruit referee registrar reporter rescuer researcher retailer rigger rower saddler sailor salesgirl
scaffolder scientist scout sculptor seamstress secretary senator sergeant servant shepherd sheriff shipwright shoemaker shopkeeper signaller singer skipper smith
solicitor sorter speaker sprinter stagehand steward stockman stonemason storekeeper student-nurse stuntman supplier tailor tanner teller therapist tiler tinker trader
trainee trainer translator trapper treasurer trustee tutor umpire undertaker usher valet vendor verger veteran violinist waiter warden watchman weaver weigher
whaler winemaker witness woodcutter worker-in-training wrestler writer yardman zookeeper""".split()
QUALITIES = """amber angular antique aluminium ashen azure bamboo battered bent blackened bleached blunt blurry bold brass brittle bronze bruised bulky burnt chalky charred cheap checked chequered
chipped chrome chubby circular clammy clay clean clear coarse coiled cold concrete copper coral corroded cracked creased crimson crooked crude crumpled curly curved cylindrical
damp dark decorated deflated dented dim discoloured double dotted drab dry dull dusty elastic electric elegant empty enormous faded faint fancy faulty feathered
filthy flat flexible floral fluffy folded foldable fragile frayed fresh frosted frozen furry fuzzy giant glass glossy glowing greasy green-striped hairy half-full half-open
handmade heated heavy hexagonal hollow hooded hot humming indigo inflatable inflated inverted iron ivory jagged khaki knitted knotted lace large latex leaky leather light
limp lime-green linen locked long loose lopsided loud low lukewarm marble massive matt mauve medium metal metallic mint modern mossy mottled mouldy muddy mustard narrow neat
neon noisy nylon oak oblong oily ochre oval overfull overgrown painted pale paper patched peach peeling perforated petrol-blue plain plaid plastic plastic-wrapped pointed polished
porcelain portable powdered precious prickly punctured quilted ragged rectangular reinforced repaired rigid ripe ripped rotten rough round rubber ruby ruined rusted rusty sandy scarlet
scorched scratched sealed shabby shallow sharp shiny short silent silk silver-plated single slack sleek slim slippery sloping smashed smooth snowy soaked soft soggy solid sour spare
sparkling speckled spotless spotted square squashed stained stainless stale steel steep sticky stiff straight striped sturdy sunken swollen tall tangled tarnished tartan taut thick thin
tight tilted tinted tin titanium torn translucent transparent triangular twisted unmarked unopened unused upright used vacant velvet vintage warm warped waxed weathered wet wheeled
wide wilted wind-up wireless wooden woollen worn woven wrapped wrinkled yellowish zinc""".split()
DEEDS = """adjust aim assemble attach balance bang bend bind block bolt bounce brush bump button calibrate carve catch chase chew circle clamp clip clutch coil collect cover crush
cut deliver deposit dip dismantle display drag drain drape drop dump dust empty examine exchange fasten feed fetch file fill flatten flip fold film frame freeze gather glue grab grease
grind grip guard hammer hang haul heat hide hoist hook hurl inflate inspect install insert iron juggle kick knock label lift lock lower lubricate measure melt mend mix mop mount
mow nail offer oil open pack paint park pat patch peel pierce pile place plant polish pour press prod prop pull pump punch push rake rattle record refill release remove rent repair
replace rescue rinse roll rotate rub saddle salvage sand scan scrape scratch screw scrub seal search seize serve shake sharpen shift shove shred shut sieve sketch slam slice
sniff snap soak sort spill spin splash spray squeeze stack stamp steady steal steer stir store strap stretch stroke swap sweep swing tape tap tear test throw tie tighten tilt toss tow
trace trail transfer trim trip tug turn twist unbolt uncover unfold unhook unload unlock unpack unplug unroll untie unwrap wash water wave wax weigh weld wheel whip wind wipe wrap""".split()
STANCES = """asleep beside the {t}|bent over the {t}|crouching behind the {t}|dangling from the {t}|digging next to the {t}|drifting past the {t}|gliding over the {t}|hanging from the {t}|hiding under the {t}|hovering above the {t}|kneeling in front of the {t}|leaning against the {t}|leaning on the {t}|looking into the {t}|lying across the {t}|lying next to the {t}|perched on the {t}|pacing around the {t}|pointing at the {t}|pressed against the {t}|propped against the {t}|queueing at the {t}|resting on the {t}|rolling towards the {t}|shouting at the {t}|sitting on the {t}|slumped over the {t}|standing beside the {t}|standing on the {t}|staring at the {t}|strapped to the {t}|stuck under the {t}|swaying above the {t}|tied to the {t}|waiting by the {t}|walking around the {t}|wedged between the {t} and the {u}""".split(
    "|"
)
SITE_NAMES = """abattoir allotment annexe aquarium arena armoury aviary bakery ballroom bandstand barracks battery room bazaar belfry boathouse bothy brewery bunker butchery cabin campsite canal
carport cattle market chapel clinic cloister coal yard cove creamery crypt dairy darkroom deli dispensary distillery dry dock dungeon estuary fairground farmyard ferry terminal film set filling hall
fish market fjord flower shop fort foundry garrison gazebo ginnery glasshouse granary grove gulley hayloft haystack yard hillside ice rink inlet jetty junction kennels kiln room laundry lighthouse
lodge lock chamber loft lumber yard marina marsh mill monastery moor mortuary nursery outhouse paddock pavilion pier plaza pottery power station pump house pump room quay ranch ravine refectory repair shop
ridge riding school ring road rotunda salon sawmill schoolyard scrapyard shipyard shrine siding ski lift slipway smithy smokehouse sorting office spa spillway sports hall stockroom storm drain substation
summit swimming hall tannery tavern theatre tollbooth trading floor trench turbine hall underpass valley velodrome village green warren watchtower waterfront wharf winery woodshed zoo""".split()
_BESIDE = (
    "at",
    "in",
    "near",
    "behind",
    "next to",
    "outside",
    "by",
    "in front of",
    "opposite",
    "beside",
    "on",
    "above",
    "under",
    "inside",
    "below",
)
DIRECTIONS = "left right north south east west uphill downhill upstream downstream inwards outwards northbound southbound eastbound westbound clockwise backwards forwards".split()


def word(rng: Random) -> str:
    """Any word: a thing, a quality, or an invented one."""
    roll = rng.random()
    if roll < 0.55:
        return rng.choice(THINGS)
    return rng.choice(QUALITIES) if roll < 0.75 else pseudo_word(rng)


def thing(rng: Random) -> str:
    """A thing's name: plain, put together of two, or invented."""
    roll = rng.random()
    if roll < 0.6:
        return rng.choice(THINGS).replace("-", " ")
    if roll < 0.78:
        return f"{rng.choice(THINGS)} {rng.choice(THINGS)}"
    return pseudo_word(rng) if roll < 0.94 else f"{pseudo_word(rng)} {rng.choice(THINGS)}"


def plural(noun: str) -> str:
    """The regular plural of a thing's name."""
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    return lexicon.plural(noun)


def role(rng: Random) -> str:
    """What a person is."""
    roll = rng.random()
    if roll < 0.5:
        return rng.choice(ROLES).replace("-", " ")
    return rng.choice(lexicon.PEOPLE).one if roll < 0.92 else pseudo_word(rng)


def quality(rng: Random) -> str:
    """An adjective that stands before a thing."""
    return rng.choice(QUALITIES) if rng.random() < 0.6 else rng.choice(lexicon.COLOURS)


def deed(rng: Random, form: str = "ing") -> str:
    """A verb that takes an object, in one of the forms of `conjugate`."""
    return conjugate(rng.choice(DEEDS))[form]


_PARTICIPLES = {
    "freeze": "frozen",
    "hide": "hidden",
    "shake": "shaken",
    "steal": "stolen",
    "tear": "torn",
    "throw": "thrown",
}


def done(rng: Random) -> str:
    """The participle of a deed: `refused`, `torn`."""
    verb = rng.choice(DEEDS)
    return _PARTICIPLES.get(verb) or conjugate(verb)["past"]


def site(rng: Random) -> str:
    """`behind the granary`: where something is."""
    prep = rng.choice(_BESIDE[:6]) if rng.random() < 0.7 else rng.choice(_BESIDE)
    roll = rng.random()
    if roll < 0.35:
        return lexicon.place(rng).phrase
    name = rng.choice(SITE_NAMES) if roll < 0.65 else thing(rng)
    if rng.random() < 0.2:
        name = f"{rng.choice(QUALITIES)} {name}"
    return f"{prep} the {name}" if rng.random() < 0.85 else f"{prep} {name} {rng.randint(1, 60)}"
