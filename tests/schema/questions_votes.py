"""Documents that ask for every field of votes and ballots."""

VOTE = (
    "id title text state stateLabel stateLabelEn: stateLabel(language: EN) secrecy clause opensAt"
    " closesAt extensions reviewedAt noticedAt textSha256 isElectronic frozenAt rollSha256"
    " rollUnits rollHeads rollArea countedAt objectionsUntil settledAt executedAt report voidReason"
    " version estate { name } scope { name } convener { name }"
)
QUESTION = (
    "id number item itemLabel itemLabelEn: itemLabel(language: EN) kind text verdict partArea"
    " partHeads consentArea consentHeads againstArea againstHeads abstainArea abstainHeads version"
)
OBJECTION = "id text raisedAt answer isUpheld answeredAt version"
VOTES = (
    f"{{ votes {{ totalCount nodes {{ {VOTE} questions {{ totalCount nodes {{ {QUESTION} }} }}"
    f" objections(direction: DESC) {{ totalCount nodes {{ {OBJECTION} }} }} }} }} }}",
    "{ votes(filter: {states: [OPEN, DISPUTED]}, last: 3, direction: ASC) { nodes { title } } }",
)
CANDIDATES = ("{ votes { nodes { questions { nodes { text candidate { name } } } } } }",)
PACKS_OF_VOTES = ("{ votes { nodes { title pack { edition } } } }",)
PROXY = (
    "id state confirmedAt reason version vote { title } holder { id } person { name }"
    " confirmedBy { name }"
)
BALLOT = (
    "id way state stateLabel stateLabelEn: stateLabel(language: EN) receipt receivedAt confirmedAt"
    " reason scanUrl version vote { title } entry { unitNumber } holder { id } proxy { id }"
    " enteredBy { name } confirmedBy { name }"
)
BALLOTS = (
    "{ rollEntries { totalCount nodes { id number unitNumber area head hasVoted vote { title }"
    " propertyUnit { number } holders { totalCount nodes { id person { name }"
    " organisation { name } } } } } }",
    f"{{ ballots {{ totalCount nodes {{ {BALLOT} }} }} }}",
    "{ ballots(filter: {states: [EFFECTIVE, ENTERED]}, direction: DESC) { nodes { receipt } } }",
    f"{{ voteProxies {{ totalCount nodes {{ {PROXY} }} }} }}",
    "{ voteDeliveries { totalCount nodes { id method methodLabel"
    " methodLabelEn: methodLabel(language: EN) deliveredAt vote { title } propertyUnit { number }"
    " file { name url urlUntil } } } }",
)
