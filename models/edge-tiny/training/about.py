# ruff: noqa: E501, PLR0911, PLR2004, SIM905 - phrase tables and the shares of a random choice are data
"""What edge-tiny says of itself, and what it says when it is asked for something it cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lexicon
from language import capital, one_of, say
from pieces import LABEL_QUESTIONS, Question
from things import Thing, count_question, exists_question, make_thing

if TYPE_CHECKING:
    from random import Random

SELF = "I am edge-tiny, a small model that ships with jetson-agent. I answer questions about camera facts and device telemetry."
LARGER = "I am edge-tiny, a small model for camera facts and device telemetry. Load a larger model, such as Llama 3.2, for general questions."
NO_FACTS = "No facts were given. Send the facts together with the question."
GREETING = "Hello, I am edge-tiny. Send me camera facts or device telemetry and a question."
THANKS = "You are welcome. Send me camera facts or device telemetry and a question."
NOT_LARGE = "No, I am edge-tiny, a small model that ships with jetson-agent. Load a larger model, such as Llama 3.2, for general questions."
ABLE = "I am edge-tiny. I can describe camera facts in one sentence, answer questions about them and about device telemetry, and extract fields as JSON."

_WHO = (
    "(Who|What) are you?",
    "Who am I (talking|speaking|writing) to?",
    "What is your name?",
    "Introduce yourself[ please].",
    "(Tell me|Say) (who|what) you are.",
    "What (model|kind of model|sort of model|AI|language model|assistant) (are you|is this|am I talking to)?",
    "Which (model|AI|assistant|LLM) (are you|is this|is running|answers here)?",
    "What's your name?",
    "Describe yourself.",
    "Are you (edge-tiny|a model|a robot|an AI|a bot|a machine|a computer program)?",
    "(Who|What) is edge-tiny?",
    "Tell me about yourself.",
    "Who is answering (here|me|this)?",
    "what is this",
    "Who (made|built|trained|created|wrote|developed) you?",
    "Where do you come from?",
    "How (small|big|large) are you?",
    "How many parameters do you have?",
    "what model is this?",
    "Identify yourself.",
    "Your name?",
    "are you human",
    "Am I talking to a (person|human|machine|bot)?",
    "Who's there? I mean, who are you?",
    "which version are you",
    "What is your purpose?",
    "What are you made for?",
    "state your name",
    "What do people call you?",
    "Are you there? Who are you?",
)
_ABLE = (
    "What can you do[ for me]?",
    "What are you (able to do|good at|good for|for|capable of)?",
    "How can you help[ me]?",
    "(What|Which) (questions|tasks|jobs) can you (answer|do|handle)?",
    "What (kind|sort) of (questions|things|prompts) (can|do) you (answer|handle|understand)?",
    "help",
    "Help me",
    "What should I (ask|send) you?",
    "How do I use you?",
    "(Explain|Tell me|Say) what you can do.",
    "What do you know?",
    "What are your (abilities|capabilities|skills|features|limits|limitations)?",
    "Can you help me?",
    "What is your job?",
    "Which things do you understand?",
    "how do you work",
    "usage?",
    "give me an example of what to ask",
    "What may I ask?",
    "What's your use?",
    "show me what you can do",
    "what topics do you cover?",
)
_LARGE = (
    "Are you (a large|a big|a huge|the large) (language model|model|LLM)?",
    "Are you (ChatGPT|GPT-4|GPT|Llama|Llama 3|Llama 3.2|Claude|Gemini|Mistral|Qwen|Siri|Alexa|a chatbot from OpenAI|Copilot|DeepSeek|an LLM with billions of parameters)?",
    "Are you as (smart|clever|good|capable) as (ChatGPT|GPT-4|Llama|a large model)?",
    "Do you know everything?",
    "Can you answer (general|all|any) questions?",
    "(Are|Were) you (made|built|trained) by (OpenAI|Meta|Google|Anthropic|Microsoft)?",
    "Is this (ChatGPT|Llama|Claude|GPT-4|a big model|a large model)?",
    "Do you have billions of parameters?",
    "Can you browse the (internet|web)?",
    "Do you have internet access?",
    "Are you connected to the internet?",
    "Can you (write|do|generate) (code|poems|essays|stories|images|anything)?",
    "am i chatting with (chatgpt|a large model|llama)?",
)
_GREET = (
    "(Hello|Hi|Hey|Good morning|Good evening|Good afternoon|Greetings|Howdy|Hallo|Hola|Moin|Yo|Hiya|Servus|Bonjour|Ciao)[!|.|,]",
    "(Hello|Hi|Hey) (there|edge-tiny|bot|you|again|assistant)[!]",
    "How are you[ today| doing]?",
    "(Hi|Hello), how are you?",
    "What's up?",
    "Are you (there|awake|ready|online|alive|working|ok)?",
    "test",
    "testing",
    "ping",
    "is this thing on?",
    "Anybody home?",
    "hello world",
    "good day",
    "hey, you there?",
    "Hello, can you hear me?",
    "testing 123",
)
_THANK = (
    "(Thanks|Thank you|thx|Many thanks|Cheers|Great, thanks|ok thanks|Perfect, thank you|Thank you very much|thanks a lot|Danke|Merci)[!|.]",
    "(Bye|Goodbye|See you|Good night)[!|.]",
    "(Ok|Okay|Good|Fine|Nice|Great|Perfect|Well done|cool)[!|.]",
    "good (bot|job|work)",
)

_COUNTRIES = """France Germany Spain Italy Norway Sweden Finland Denmark Poland Portugal Greece Turkey Egypt Kenya Nigeria India China Japan Korea Vietnam Thailand Australia Canada Mexico Brazil
Argentina Chile Peru Iceland Ireland Scotland Austria Switzerland Hungary Romania Bulgaria Serbia Croatia Ukraine Russia Iran Iraq Israel Morocco Algeria Ghana Ethiopia Indonesia Malaysia Nepal Mongolia Cuba Belgium Holland""".split()
_CITIES = "Paris London Berlin Madrid Rome Oslo Vienna Prague Tokyo Beijing Delhi Cairo Lagos Sydney Toronto Chicago Boston Lima Dublin Zurich Munich Hamburg Lisbon Athens Warsaw Seoul Bangkok Moscow Geneva Barcelona Milan".split()
_TOPICS = """gravity, photosynthesis, the French Revolution, quantum physics, inflation, democracy, machine learning, neural networks, black holes, climate change, the moon, the sun, electricity, evolution, DNA, vaccines, chess, jazz, football, cricket, Bitcoin, the stock market, philosophy, Buddhism, World War II, the Roman Empire,
the pyramids, dinosaurs, volcanoes, earthquakes, the internet, Linux, Python, blockchain, MQTT, Docker, cooking, yoga, love, friendship, autumn, spring, winter, the sea, the mountains, my cat, a dragon, robots, time travel, space travel, a lonely lighthouse, coffee, chocolate, bread, pasta, cheese, wine, tea, gardening, sleep, happiness, music, art, history, economics, calculus, algebra, statistics, probability, prime numbers""".replace(
    "\n", " "
).split(", ")
_PEOPLE = "Albert Einstein, Isaac Newton, Marie Curie, Napoleon, Julius Caesar, Cleopatra, Shakespeare, Mozart, Beethoven, Picasso, Gandhi, Nelson Mandela, Charles Darwin, Ada Lovelace, Alan Turing, Leonardo da Vinci, the president of the United States, the king of England, the pope, the chancellor of Germany, Taylor Swift, Lionel Messi, Elon Musk, Galileo, Plato, Aristotle".split(
    ", "
)
_LANGUAGES = "French German Spanish Italian Portuguese Dutch Polish Turkish Japanese Chinese Korean Russian Arabic Hindi Swedish Greek Latin Danish Czech".split()
_PHRASES = "good morning, hello, thank you, I love you, where is the station, how are you, the weather is nice, good night, see you tomorrow, the door is open, happy birthday, my name is Anna, a cup of coffee, please help me, good luck".split(
    ", "
)
_GENERAL = (
    "(What|Which city|What city) is the capital of {country}?",
    "What is the capital city of {country}?",
    "capital of {country}?",
    "[Do you know ]what the capital of {country} is?",
    "How many people live in {country}?",
    "What is the population of {city}?",
    "Where is {city}?",
    "Where (is|lies) {country}?",
    "What language do they speak in {country}?",
    "What is the currency of {country}?",
    "Who is the president of {country}?",
    "What is the (highest|tallest) mountain (in|of) {country}?",
    "What is the longest river in {country}?",
    "How far is it from {city} to {city2}?",
    "How do I get (to|from {city2} to) {city}?",
    "(Tell me|Explain|What do you know) about {topic}.",
    "What is {topic}?",
    "Explain {topic}[ to me| in simple words| briefly| to a child|].",
    "How does {topic} work?",
    "Write (me |)(a|an) (poem|essay|song|story|haiku|limerick|article|short story|letter|blog post|speech) about {topic}.",
    "(Write|Compose|Make up|Give me) a (poem|song|story|joke)[ about {topic}].",
    "Tell me a (joke|story|fairy tale|secret|riddle|fun fact|joke about {topic}).",
    "Who (was|is) {person}?",
    "When was {person} born?",
    "When did {person} die?",
    "What did {person} (invent|discover|write|do)?",
    "Who (invented|discovered|wrote|painted|built|founded) (the telephone|the light bulb|America|Hamlet|the Mona Lisa|the Eiffel Tower|penicillin|radium|the airplane|Faust|Apple|Microsoft|Linux)?",
    "(Translate|Please translate|Can you translate|can u translate) '{phrase}' (into|to) {language}[.|?]",
    "How do you say '{phrase}' in {language}?",
    "What does '{phrase}' mean in {language}?",
    'Translate "{phrase}" into {language}[.|]',
    "Say '{phrase}' in {language}.",
    "What is {a} (plus|times|minus|divided by) {b}?",
    "{a} {op} {b}",
    "{a} {op} {b} = ?",
    "What is {a} {op} {b}?",
    "Calculate {a} {op} {b}[.|]",
    "What is the square root of {a}?",
    "Solve {n}x + {b} = {a}.",
    "How much is {a} {op} {b}?",
    "Is {a} a prime number?",
    "Convert {a} (miles|pounds|feet|inches|dollars|euros|degrees Fahrenheit) (to|into) (kilometres|kilograms|metres|centimetres|euros|Celsius).",
    "What (will the weather be|is the weather) (tomorrow|today|next week|in {city})?",
    "Will it rain (tomorrow|today|next week|in {city})?",
    "What's the weather like in {city}?",
    "What is the (latest |)news[ today| in {city}|]?",
    "What happened in (the news|the world) today?",
    "Who won the (World Cup|election|match|game|Super Bowl|Oscar)[ yesterday| last year| in {year}|]?",
    "What is the meaning of life?",
    "Why is the sky blue?",
    "Why do (cats purr|birds sing|dogs bark|people dream|leaves fall|we sleep|fish swim)?",
    "How (tall|high) is (Mount Everest|the Eiffel Tower|Big Ben)?",
    "How (old|far away|big|hot) is the (sun|moon|earth|universe)?",
    "How many (planets|continents|oceans|countries|states) are there[ in the world]?",
    "What is the speed of (light|sound)?",
    "What is the (chemical formula|boiling point|freezing point|density) of (water|salt|gold|iron)?",
    "(Write|Give me|Show me) (a|some) (Python|C|Java|JavaScript|Rust|SQL|bash|C++) (function|code|program|script|query) (that sorts a list|that reads a file|for {topic}|to add two numbers|that prints hello world|to reverse a string).",
    "How do I (sort a list|open a file|write a loop|install a package|parse JSON) in (Python|C|Java|Rust|JavaScript)?",
    "(Fix|Debug|Explain) this code[: print x]",
    "What is the best (phone|laptop|car|restaurant|movie|book|hotel|way to learn {language}|programming language)[ in {city}|]?",
    "(Recommend|Suggest) (a|me a|some) (book|movie|restaurant|recipe|film|song|hotel|holiday)[ in {city}| about {topic}|].",
    "How do I (cook|make|bake) (pasta|rice|bread|a cake|pancakes|soup|coffee|pizza|an omelette)?",
    "(Give me|What is) (a|the) recipe for (pancakes|soup|bread|pizza|lasagne|curry|apple pie|cookies)[.|?]",
    "What should I (cook|eat|wear|do|read|watch) (today|tonight|tomorrow)?",
    "(Summarize|Summarise|Review) the (book|film|plot of) (Hamlet|Faust|Moby Dick|the Odyssey|Titanic|Star Wars).",
    "Who (wrote|directed|stars in) (Moby Dick|Titanic|Star Wars|War and Peace|Don Quixote|The Hobbit)?",
    "I (feel|am) (sad|lonely|tired|ill|bored|happy|stressed|angry). What (should|can) I do?",
    "I have a headache[, what helps]?",
    "How do I lose weight?",
    "What are the symptoms of (flu|diabetes|a cold|malaria)?",
    "Is (coffee|chocolate|wine|salt) (healthy|bad for me)?",
    "What is my (name|age|job|favourite colour)?",
    "What (day|date) is (it today|today|it)?",
    "Book (me |)a (flight|hotel|table|taxi) (to|in) {city}.",
    "(Set|Start) (an alarm|a timer|a reminder) for {n} (minutes|o'clock).",
    "(Play|Sing) (some music|a song|jazz|Mozart)[ for me|].",
    "Call {name}.",
    "Send an email to {name}.",
    "(Order|Buy) (a pizza|some milk|tickets)[ for me|].",
    "Do you (like|love|know|enjoy|prefer|eat|drink) ({topic}|music|me|cats|football)?",
    "What is your (favourite|favorite) (colour|food|movie|book|song|animal)?",
    "Do you (have feelings|sleep|dream|think|believe in god|have a family)?",
    "Can you (sing|dance|draw|drive|play chess|cook|tell the future|write a poem|do my homework|help me with my homework|fix my car)?",
    "(Let's|Let us) (play a game|play chess|talk about {topic}|chat).",
    "What is the difference between (a crocodile and an alligator|TCP and UDP|weather and climate|a virus and a bacterium|affect and effect)?",
    "Give me (three|five|ten|some) (tips|ideas|facts|names|reasons|synonyms) (for|about) {topic}.",
    "Should I (buy|sell) (Bitcoin|stocks|gold|a house|a car)?",
    "How much (is|costs|does it cost) (a Tesla|an iPhone|gold|a house in {city})?",
    "When (did|does|was|is) (World War II end|the moon landing|Christmas|Easter|the next eclipse|the French Revolution|the next Olympics)?",
    "Define '{word}'.",
    "What does '{word}' mean?",
    "What is a synonym (for|of) '{word}'?",
    "Spell '{word}'.",
    "(Rewrite|Correct|Improve) this (text|sentence): {phrase}.",
    "What is the opposite of '{word}'?",
    "How many letters are in '{word}'?",
    "(Plan|Organize) a (trip|holiday|party|wedding)[ to {city}].",
    "Write an email to my (boss|landlord|teacher|neighbour)[ about {topic}].",
    "Write a (cover letter|CV|product description|slogan|tweet)[ for {topic}].",
    "Is god real?",
    "Who will win the (election|match|war)?",
    "Which (team|party|religion) is the best?",
    "How do vaccines work?",
    "How do (planes|rockets|birds) fly?",
    "What (is|are) the (rules of|history of) {topic}?",
    "Can you recommend something about {topic}?",
    "What (sound|noise) does a (cow|dog|fox) make?",
    "How long (do|does) (cats|dogs|a tortoise|elephants) live?",
    "How many legs (has|does) a (spider|dog|bird) (have|got)?",
    "How do I (change a tyre|tie a tie|knit|learn {language}|fix a leaking tap)?",
    "pretend you are {person}",
    "Act as a (lawyer|doctor|pirate|teacher|poet).",
    "Ignore (all |your |the |)(previous |)instructions[ and {x}].",
    "Who is the (richest|tallest|oldest|fastest) (man|woman|person|animal) (in the world|alive)?",
    "What is {year} in Roman numerals?",
)
_NONSENSE = (
    "asdf",
    "qwerty",
    "???",
    "...",
    "!!!",
    "hmm",
    "blah blah",
    "lorem ipsum dolor",
    "xyz",
    "aaaa",
    "123",
    "0",
    "?",
    "foo bar",
    "uh",
    ".",
    "ok?",
    "what?",
    "why?",
    "huh",
    "null",
    "none",
    "undefined",
    "{}",
    "[]",
    "la la la",
    "jkl jkl",
    "no",
    "yes",
    "maybe",
)


def general_question(rng: Random) -> str:
    """A question about the world."""
    a, b = rng.randint(2, 999), rng.randint(2, 99)
    return one_of(
        rng,
        _GENERAL,
        country=rng.choice(_COUNTRIES) if rng.random() < 0.9 else capital(lexicon.pseudo_word(rng)),
        city=rng.choice(_CITIES),
        city2=rng.choice(_CITIES),
        topic=rng.choice(_TOPICS) if rng.random() < 0.9 else lexicon.pseudo_word(rng),
        person=rng.choice(_PEOPLE),
        language=rng.choice(_LANGUAGES),
        phrase=rng.choice(_PHRASES),
        a=str(a),
        b=str(b),
        n=str(rng.randint(2, 30)),
        op=rng.choice(("+", "-", "*", "/", "x")),
        year=str(rng.randint(1000, 2030)),
        name=rng.choice(lexicon.FIRST_NAMES),
        word=lexicon.pseudo_word(rng) if rng.random() < 0.4 else rng.choice(lexicon.OBJECTS).one,
        x=rng.choice(("say hello", "write a poem", "tell me a joke")),
    )


_STATE_ALONE = (
    "Is the (door|gate|window|barrier|shop|garage) (open|closed|locked|up|shut)[ right now]?",
    "(Are|Were) the lights (on|off)?",
    "Is (anyone|anybody|someone|somebody) (there|at the (door|gate|window|entrance)|in the (yard|garage|house|office|kitchen))?",
    "(Who|What) is (at the (door|gate)|in the (yard|garden|garage))?",
    "What (is|are) (happening|going on|you seeing)[ right now| outside| at the door|]?",
    "What do you see[ now]?",
    "How many (people|cars|dogs|trucks) are (there|outside|in the yard|at the gate)?",
    "Is it (dark|raining|night|bright)[ outside]?",
    "Describe (the scene|what you see|the picture|this)[.|]",
    "What (does|did) the camera (see|show)?",
    "What colour is the (car|van|door|truck)?",
    "Where is the (dog|cat|ladder|van|key|parcel)?",
    "Is the (machine|pump|fan|engine) (running|on|off)?",
    "Is the device (over its power budget|throttled|too hot|idle|ok|healthy|online)?",
    "How (hot|warm) is the (GPU|CPU|board)?",
    "How much (power|memory|disk) (does it (use|draw)|is (left|free|used))?",
    "What is the (power draw|temperature|queue length|uptime|battery level|fan speed|GPU temperature)?",
    "Did (someone|anyone|the courier|the postman) (come|ring|leave a parcel|open the door)[ today]?",
    "Has the (parcel|package|mail) (arrived|come|been delivered)?",
    "When did the (car|van|courier|truck) (arrive|leave|come)?",
    "Extract (people|time|the plate|name and time) as JSON.",
    "Give me the (plate|time|place) as JSON.",
    "Is there (an animal|a person|a vehicle|a fire|smoke)?",
    "Summarize (the facts|the scene|what happened) in one sentence.",
    "Facts:",
    "Facts: Question: is there a dog?",
    "Telemetry: Question: is it over budget?",
    "Question: is there an animal?",
    "Is everything (ok|fine|in order|quiet)[ there]?",
    "Any (news|alarms|visitors) (tonight|today)?",
    "Which (gate|door|tank) is (open|full)?",
)


def alone_question_text(rng: Random) -> str:
    """A question about a scene, without the scene."""
    roll = rng.random()
    if roll < 0.45:
        return one_of(rng, _STATE_ALONE)
    thing = make_thing(rng)
    thing.place = lexicon.place(rng)
    where = thing.place.phrase
    if roll < 0.7:
        return exists_question(rng, [thing], where).text
    if roll < 0.8:
        return count_question(rng, [thing], where).text
    if roll < 0.9:
        return one_of(rng, rng.choice(list(LABEL_QUESTIONS.values())))
    return say(rng, "(Is|Was) {t} {p}?", t=Thing(thing.noun, 1).the, p=where)


def about_question(rng: Random) -> Question:
    """A message that gives no facts, and its answer."""
    roll = rng.random()
    if roll < 0.13:
        return Question("who", one_of(rng, _WHO), SELF, "self")
    if roll < 0.22:
        return Question("able", one_of(rng, _ABLE), ABLE, "self")
    if roll < 0.28:
        return Question("large", one_of(rng, _LARGE), NOT_LARGE, "self")
    if roll < 0.34:
        return Question("greeting", one_of(rng, _GREET), GREETING, "greeting")
    if roll < 0.36:
        return Question("thanks", one_of(rng, _THANK), THANKS, "thanks")
    if roll < 0.70:
        return Question("general", general_question(rng), LARGER, "general")
    if roll < 0.73:
        return Question(
            "nonsense",
            rng.choice(_NONSENSE)
            if rng.random() < 0.5
            else " ".join(lexicon.pseudo_word(rng) for _ in range(rng.randint(1, 5))),
            NO_FACTS,
            "nonsense",
        )
    return Question("alone", alone_question_text(rng), NO_FACTS, "alone")
