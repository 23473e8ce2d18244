"""Documents that ask for every field of votes, ballots and owners' committees."""

VOTE = (
    "id title text state stateLabel stateLabelEn: stateLabel(language: EN) secrecy clause opensAt"
    " closesAt firstClosesAt extensions reviewedAt noticedAt textSha256 isElectronic frozenAt"
    " rollSha256 rollUnits rollHeads rollArea countedAt ballotsSha256 objectionsUntil settledAt"
    " executedAt report voidReason version estate { name } scope { name } convener { name }"
)
QUESTION = (
    "id number item itemLabel itemLabelEn: itemLabel(language: EN) kind text isRecall verdict"
    " partArea partHeads consentArea consentHeads againstArea againstHeads abstainArea abstainHeads"
    " version"
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
    "id state confirmedAt reason letterUrl version vote { title } holder { id } person { name }"
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
EVIDENCE = (
    "{ voteEvidence { totalCount nodes { id purpose state stateLabel"
    " stateLabelEn: stateLabel(language: EN) sha256 size askedAt finishedAt url urlUntil"
    " vote { title } askedBy { name } } } }",
)
TERM = (
    "id number seats years state stateLabel stateLabelEn: stateLabel(language: EN) electedAt fileBy"
    " filedAt filingNumber since until endedOn endedWhy version estate { name } vote { title }"
    " committee { name }"
)
CANDIDATE = (
    "id state stateLabel stateLabelEn: stateLabel(language: EN) checkedAt reason leftOn version"
    " question { text }"
)
ALARM = "id kind kindLabel kindLabelEn: kindLabel(language: EN) dueOn at"
COMMITTEES = (
    f"{{ committeeTerms {{ totalCount nodes {{ {TERM} candidates {{ totalCount nodes {{ {CANDIDATE}"
    f" }} }} preparers {{ totalCount nodes {{ id standsFor isOwner }} }} alarms(direction: DESC) {{"
    f" totalCount nodes {{ {ALARM} }} }} }} }} }}",
    "{ committeeTerms(filter: {states: [FILED, PREPARING]}, last: 2, direction: ASC) { nodes {"
    " number } } }",
)
MEMBERS = (
    "{ committeeTerms { nodes { candidates { nodes { person { name } checkedBy { name } } }"
    " preparers { nodes { person { name } } } } } }",
)
