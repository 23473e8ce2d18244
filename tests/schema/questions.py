"""Documents that ask for every field of the schema, reader by reader."""

from tests.schema.oracle_board import BOARD, EDITIONS, WITHDRAWALS
from tests.schema.questions_votes import (
    BALLOTS,
    CANDIDATES,
    COMMITTEES,
    EVIDENCE,
    MEMBERS,
    PACKS_OF_VOTES,
    VOTES,
)

UNIT = (
    "id kind kindLabel kindLabelEn: kindLabel(language: EN) name since until decision"
    " isPublic version"
)
PERSON = "id name phone identityNumber isPartyMember version"
HELD = "id state isActive startsAt endsAt ground warning version"
POST = "id role roleLabel title seats version"
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

ANYBODY = (
    *BOARD,
    *WITHDRAWALS,
    *VOTES,
    *COMMITTEES,
    "{ viewer { isSignedIn person { id name } county { id slug name nameEn state }"
    " posts { role appointmentId unitId } roles { name zh en purposeZh purposeEn }"
    " may { object action scope } __typename } }",
    "{ roles { name } county { name } counties { nodes { slug } totalCount } }",
    f"{{ units {{ totalCount {INFO} edges {{ cursor node {{ {UNIT} __typename"
    f" parent {{ {UNIT} parent {{ name }} }} }} }} nodes {{ name }} }} }}",
    "{ units(first: 3) { nodes { name } pageInfo { hasNextPage endCursor } } }",
    "{ units(last: 3, direction: DESC, orderBy: SINCE) { edges { cursor node { id } } } }",
    "{ units(first: 0) { nodes { id } totalCount pageInfo { hasNextPage startCursor } } }",
    '{ units(filter: {kinds: [GRID, ESTATE], open: true, name: "第"}) { nodes { name kind } }'
    " one: units(filter: {kinds: [GRID], open: true}, last: 5) { nodes { name kind } } }",
    '{ units(filter: {kinds: []}) { totalCount } a: units(filter: {name: "无"}) { nodes { id } } }',
    f"{{ units(filter: {{kinds: [GRID]}}) {{ nodes {{ name children(last: 1) {{ nodes {{ {UNIT} }}"
    " totalCount } linkages(filter: {current: true}) { nodes { id since until decision version"
    " grid { name } estate { name estateLinkages { nodes { since until firm { name } } } }"
    " branch { name } committee { name } firm { name } } } stations { nodes { id name address hours"
    " since until version grid { name } } } ruleBooks { totalCount } } } }",
    "{ linkages(orderBy: SINCE, direction: DESC) { nodes { since estate { name } } } }",
    "{ ruleBooks { nodes { id title edition text adoptedOn effectiveOn isPublic version"
    " unit { name } } } }",
    "{ stations { nodes { name } edges { cursor __typename } __typename } }",
    "query ($yes: Boolean = true, $no: Boolean = false) { units(first: 2) { nodes {"
    " name @include(if: $yes) kind @skip(if: $yes) ...Named @include(if: $no)"
    " ... on Node { id } ... @include(if: $yes) { since } } } }"
    " fragment Named on Unit { version }",
    "{ a: __typename units(first: 1) { nodes { n: name name n: name } } }",
)
OWNED = (
    "id numerator denominator since until ground state verifiedAt version person { name }"
    " organisation { name } propertyUnit { number } verifiedBy { name } verifiedAs { id }"
)
OWN_REGISTER = (
    f"{{ propertyUnits {{ totalCount nodes {{ id number use area areaSource since until version"
    f" estate {{ name }} unit {{ name }} ownerships {{ totalCount nodes {{ {OWNED} }} }} }} }} }}",
    '{ propertyUnits(filter: {number: "1-1", use: DWELLING, current: true}) { nodes { area } } }',
    f"{{ ownerships(filter: {{states: [VERIFIED, REJECTED]}}) {{ nodes {{ {OWNED} }} }} }}",
)
IMPORT = (
    "id name state stateLabel stateEn: stateLabel(language: EN) halt haltLabel mode since use"
    " areaSource sheet sheets columns ignored total good unchanged bad done verified percent"
    " startedAt expiresAt appliedAt finishedAt verifiedAt version estate { name }"
    " startedBy { name } appliedBy { name } appliedAs { id } verifiedBy { name }"
)
PROBLEM = "id rowNumber cell code isBlocking message messageEn: message(language: EN)"
REGISTER = (
    *OWN_REGISTER,
    f"{{ registerImports {{ totalCount nodes {{ {IMPORT} rows {{ totalCount nodes {{ id number"
    f" unitNumber state stateLabel ownership {{ ground }} problems {{ totalCount nodes {{ {PROBLEM}"
    f" }} }} }} }} problems(filter: {{isBlocking: true}}) {{ totalCount nodes {{ {PROBLEM} }} }}"
    " } } }",
    "{ registerImports(filter: {states: [DONE]}) { nodes { rows(filter: {states: [BAD, DONE]},"
    " direction: DESC) { nodes { number } } } } }",
    "{ registerExports { totalCount nodes { id purpose madeAt goodUntil url urlUntil"
    " estate { name } madeBy { name } } } }",
    "{ organisations { nodes { id name code isBuilder version } } }",
    '{ organisations(filter: {name: "城建", code: "91361026MA35AB7C06"}) { totalCount } }',
)
AGREED = (
    "{ contracts { totalCount nodes { id since until endedOn feeTerms promises ground file { name }"
    " state stateLabel signedAt signedBy { name } fileBy filedAt filingNumber version"
    " question { text } endingQuestion { text } estate {"
    " name } firm { name } alarms { totalCount nodes { id kind words(language: EN) dueOn at } } }"
    " } }",
    "{ contracts(filter: {states: [SIGNED]}) { nodes { since } } feeStandards(filter: {openEnded:"
    " true, item: PROPERTY}) { totalCount } }",
    "{ feeStandards { nodes { id item itemLabel label use basis price dueDays discount penaltyRate"
    " penaltyAfter since until ground version contract { since } estate { name } firm { name } } }"
    " }",
)
ACCOUNT = "id number balance credit madeAt"
BILL = (
    "id number item itemLabel(language: EN) label month edition working charged principal penalty"
    " balance dueOn limitationOn isUnclaimed isDisputed isPlanned isOverdue"
)
PAYMENT = (
    "id amount method methodLabel receivedAt reference channel externalId credit refunded reversed"
)
DISPUTE = "id number item month charged text state stateLabel since until answer loweredBy version"
OWED = (
    f"{{ feeAccounts {{ totalCount nodes {{ {ACCOUNT} propertyUnit {{ number }} estate {{ name }}"
    " firm { name } holders { nodes { id name person { name } organisation { name } } } entries("
    "last: 5) { totalCount nodes { id kind kindLabel part amount day reason at person { name }"
    " account { number } bill { month } payment { amount } } } } } }",
    "{ ledgerEntries(filter: {kinds: [PAYMENT, REFUND]}) { totalCount nodes { amount } } }",
    f"{{ bills {{ totalCount nodes {{ {BILL} propertyUnit {{ number }} account {{ balance }} estate"
    " { name } firm { name } standard { price } entries { totalCount nodes { kind amount } } } } }",
    '{ bills(filter: {month: "2026-01-01", isUnclaimed: true, item: PROPERTY}) { totalCount } }',
    "{ billingRuns { totalCount nodes { id month lastMonth state stateLabel total done billed"
    " unclaimed madeAt finishedAt version askedBy { name } estate { name } firm { name } } } }",
    f"{{ payments {{ totalCount nodes {{ {PAYMENT} account {{ number }} estate {{ name }} firm {{"
    " name } recordedBy { name } } } }",
    '{ payments(filter: {channel: "bank", externalId: "1"}) { nodes { amount } } }',
    f"{{ instalmentPlans {{ totalCount nodes {{ id total byFirm state stateLabel agreedOn endedOn"
    f" madeAt version account {{ number }} bills {{ {BILL} }} instalments {{ totalCount nodes {{ id"
    " dueOn amount } } } } }",
)
RECOVERY = (
    "{ demands { totalCount nodes { id number rung rungLabel day amount method methodLabel"
    " forum forumLabel body caseNumber outcome outcomeLabel words endedOn madeAt version estate"
    " { name } firm { name } community { name } bills { totalCount nodes { id } } } } }",
    "{ demands(filter: {rungs: [MEDIATION, LITIGATION]}) { totalCount nodes { proof { name }"
    " recordedBy { name } account { number } bills { nodes { bill { limitationOn } } } } } }",
    "{ limitationAlarms { totalCount nodes { id limitationOn at bill { month } firm { name } } } }",
)
LINE = (
    "id number channel kind kindLabel externalId originalId amount paidAt reference state"
    " stateLabel problem problemLabel at"
)
RECONCILED = (
    '{ reconciliation(from: "2025-12-31", to: "2026-12-31") { byItem { estate { name } firm {'
    " name } item label month bills charges charged paid byProvider isWithheld } byChannel {"
    " estate { name } firm { name } channel month onLedger inLines isWithheld } differences {"
    " estate { name } firm { name } channel externalId at kind kindLabel"
    " kindEn: kindLabel(language: EN) onLedger inLines } } }",
    '{ reconciliation(from: "2026-01-01", to: "2026-12-31", channel: "bank") { differences {'
    " externalId kind } byChannel { channel } } }",
)
PROVIDERS = (
    "{ paymentFiles { totalCount nodes { id channel name state stateLabel total done sha256 madeAt"
    " finishedAt version startedBy { name } estate { name } firm { name } lines(filter: {states:"
    f" [RECORDED, BAD]}}) {{ totalCount nodes {{ {LINE} }} }} }} }} }}",
    f"{{ paymentLines {{ nodes {{ {LINE} payment {{ amount }} estate {{ name }} }} }} }}",
)
CHANNELS = (
    "{ paymentChannels(filter: {open: true}) { totalCount nodes { id name adapter rotatedAt"
    " formerUntil until madeAt version estate { name } firm { name } } } }",
)
TOLD = (
    "{ feeNotices(filter: {unseen: true}) { totalCount nodes { id at seenAt demand { rung amount }"
    " } } }",
)
CONTESTED = (
    f"{{ feeDisputes {{ totalCount nodes {{ {DISPUTE} bill {{ {BILL} }} person {{ name }} settledBy"
    " { name } estate { name } firm { name } } } }",
    "{ feeDisputes(filter: {states: [OPEN]}) { totalCount } }",
)
SUMMED = (
    '{ feeSummary(from: "2026-01-31", to: "2026-12-01") { inAll { charged paid refunded outstanding'
    " disputed overdue rate withheld } groups { estate { name } firm { name } item label month"
    " units isWithheld charged paid refunded outstanding disputed overdue rate } } }",
)
SIGNED_IN = (
    *CANDIDATES,
    *MEMBERS,
    f"{{ people {{ totalCount nodes {{ {PERSON} home {{ name }} appointments {{ nodes {{ {HELD}"
    f" post {{ {POST} unit {{ name }} }} unit {{ name }} person {{ name }} }} }} }} }} }}",
    '{ people(filter: {name: "王", isPartyMember: true}) { nodes { name } } }',
    f"{{ appointments(filter: {{states: [CONFIRMED]}}) {{ totalCount nodes {{ {HELD} }} }} }}",
    f"{{ posts(orderBy: ROLE) {{ nodes {{ {POST} appointments {{ totalCount }}"
    " unit { name } } } }",
    "{ units { nodes { name posts { nodes { title } } appointments { nodes { state } }"
    " residents { nodes { name } } } } }",
)
GUARANTEES = (
    '{ guarantees(from: "2026-01-01", to: "2027-12-31") { lines { month guarantee verdict kept'
    " of why council { name } } } }",
    '{ guarantees(from: "2026-01-01", to: "2026-02-01") { lines { why(language: EN) } } }',
)
FIGURES = "settled raised inquiring preliminary tabled handling published whole"
REPORTS = (
    '{ countyReport(from: "2026-01-01", to: "2199-12-31") { raised settled deliberated meetings'
    f" monthsMet resolved executed satisfaction inAll {{ {FIGURES} }} byGrid {{ {FIGURES} unit"
    f" {{ name }} }} byCommunity {{ {FIGURES} unit {{ name }} }} byClass {{ {FIGURES}"
    " handlingClass } feesRecovered feesRecoveredByEstate { estate { name } fen isWithheld }"
    " committeesFiled firmsEngaged } }",
    '{ countyReport(from: "2000-01-01", to: "2026-12-31") { estatesSetRight { estate { name }'
    " committeeTerm { number } contract { since } } } }",
)
COVERAGE = (
    *GUARANTEES,
    *REPORTS,
    "{ coverage { estates estatesLinked firms firmsWithPartyOrganisation firmsWithInstructor"
    " crossAppointed gaps { missing unit { name } } crossAppointments { parties estate { name }"
    " person { name } } } }",
    "{ units(filter: {kinds: [GRID, COMMUNITY]}) { nodes { name coverage { estates estatesLinked"
    " firms crossAppointed gaps { missing } crossAppointments { parties } } } } }",
)
OFFICERS = (
    "{ duties { nodes { id text since until version committee { name } member { name duties {"
    " nodes { text } } } } } }",
)
AUDITORS = (
    "{ events { totalCount nodes { id at name objectType commandKey before after"
    " object { id __typename ... on Unit { name } ... on Person { name phone } }"
    " person { name } appointment { id } client { name } } } }",
    "{ packs { nodes { id edition document since until version } } }",
    "{ clients { nodes { id name origins grants rowsPerMinute revokedAt version } } }",
    "{ trustedDocuments(filter: {active: true}) { nodes { id documentId text name registeredAt"
    " withdrawnAt version client { name } } } }",
    "{ accounts { nodes { id name person { name } mustChange failures lockedUntil version"
    " confirmedAt } } }",
    "{ issuers { nodes { id url audience algorithms distrustedAt version } } }",
    "{ subjectLinks { nodes { id subject issuer { url } person { name } confirmedAt version } } }",
    "{ units(first: 3) { nodes { name history(last: 2) { totalCount nodes { name at } } } }"
    ' events(filter: {names: ["unit.founded", "pack.adopted"], endsAt: "2199-01-01T00:00:00Z"}) {'
    " totalCount } }",
    "{ packProposals(filter: {states: [ACTIVATED]}, direction: DESC) { totalCount nodes { id state"
    " stateLabel stateLabelEn: stateLabel(language: EN) document reason proposedAt activatesAt"
    " endedWhy version base { edition restores { edition } } pack { edition } proposedBy { name }"
    " approvedBy { name } approvedAs { id } } } packSchema }",
    '{ events(filter: {name: "unit.founded"}, last: 2) { nodes { name } } }',
    "{ clients(filter: {active: true}) { totalCount } issuers(filter: {trusted: true})"
    " { totalCount } packs(filter: {active: true}) { totalCount } }",
)
AUDITS = (
    "{ auditHeads { totalCount nodes { id number first size root sealedAt kid signature } }"
    " auditSamples { totalCount nodes { id seed beginsAt endsAt eventName population drawnAt"
    " drawnBy { name } events { id name number apart } } } auditExports { totalCount nodes { id"
    " format beginsAt endsAt eventName purpose state stateLabel total done askedAt finishedAt"
    " askedBy { name } parts { totalCount nodes { id number name sha256 size lines madeAt url"
    " urlUntil } } } } }",
)
ENTRY = "id seq act verb fromState toState at secondsHeld dueAt said head recommends"
MATTER = (
    "id code category categoryLabel title text placeDetail visibility channel isUrgent contactName"
    " contactPhone state stateLabel next(language: EN) dueAt isOverdue rung handlingClass result"
    " completedAt verifiedAt isConfirmed satisfaction satisfactionWord reopened raisedAt closedAt"
    " version place { name } grid { name } raiser { name } holder { name } handler { name }"
    " verifiedBy { name } inquiredBy { name } mergedInto { code } mergedMatterId mergedMatterCode"
    " mergedMatterState boardEntry { title state }"
)
ITEM = "id position title outcome reserved said disposedAt version deferredTo { number }"
RESOLUTION = (
    "id text state isOverdue handlingClass dueOn report reportedAt verifiedAt version"
    " owner { name } meeting { number } matter { code } reportedBy { name } verifiedBy { name }"
    " supersededBy { id }"
)
MEETING = "id number state plannedAt place openedAt adjournedAt signedAt version council { name }"
MATTERS = (
    *EDITIONS,
    f"{{ matters(first: 30) {{ totalCount nodes {{ {MATTER} entries(first: 25) {{ nodes {{"
    f" {ENTRY} person {{ name }} appointment {{ id }} unit {{ name }} toUnit {{ name }} }} }}"
    " } } }",
    "{ matters(first: 40) { nodes { code duplicates { totalCount nodes { code } } } } }",
    "{ matters(first: 40) { nodes { evidence { nodes { id seq at file { name } } } } } }",
    "{ matters(filter: {states: [CLOSED, MERGED]}, direction: DESC) { nodes { code } } }",
    "{ notices { totalCount nodes { id at eventName words matter { code } seenAt } } }",
    "{ notices(filter: {unseen: true}) { totalCount } }",
    "{ extensions { totalCount nodes { id days reason state askedAt decision version"
    " matter { code } askedBy { name } decidedBy { name } } } }",
)
TABLE = (
    "{ councils { totalCount nodes { id name kindLabel(language: EN) since until version grid {"
    " name } seats { nodes {"
    " id kind kindLabel since until version unit { name } council { name } } } } } }",
    f"{{ meetings {{ totalCount nodes {{ {MEETING} }} }} }}",
)
SITTERS = (
    f"{{ meetings(first: 8) {{ nodes {{ {MEETING} items(first: 4) {{ nodes {{ {ITEM}"
    " matter { code } referredTo { name } meeting { number }"
    " recusals(first: 2) { nodes { id reason at attendance { kind } } }"
    f" resolutions(first: 2) {{ nodes {{ {RESOLUTION} }} }} }} }} }} }} }}",
    "{ meetings(first: 8) { nodes { attendance(first: 9) { nodes { id kind at person { name }"
    " appointment { id } } } resolutions { totalCount } minutes(first: 2) { nodes { id text hash"
    " sha256 docxUrl docxUntil version meeting { number } } }"
    " signatures(first: 9) { nodes { id kind sha256 at person { name } } }"
    " corrections(first: 9) { nodes { id seq text at person { name } } } } } }",
    f"{{ resolutions {{ totalCount nodes {{ {RESOLUTION} }} }} }}",
    "{ supervisions { totalCount nodes { id rung dueAt at matter { code } resolution { id }"
    " council { name } holder { name } unit { name } } } }",
)
FILES = (
    "{ files { totalCount nodes { id name state mediaType size sha256 originalSha256 width height"
    " madeAt storedAt url urlUntil version unit { name } person { name } } } }",
    "{ files(filter: {states: [STORED]}, direction: DESC) { nodes { id madeAt } } }",
)
EVERYTHING = {
    "public": (*ANYBODY, *TABLE),
    "auditor": (
        *ANYBODY,
        *SIGNED_IN,
        *COVERAGE,
        *OFFICERS,
        *AUDITORS,
        *AUDITS,
        *MATTERS,
        *TABLE,
        *SITTERS,
        *FILES,
        *REGISTER,
        *BALLOTS,
        *EVIDENCE,
        *PACKS_OF_VOTES,
        *AGREED,
        *OWED,
        *RECONCILED,
        *PROVIDERS,
        *CHANNELS,
        *RECOVERY,
        *TOLD,
        *CONTESTED,
        *SUMMED,
    ),
    "raiser": (*ANYBODY, *SIGNED_IN, *OWN_REGISTER, *MATTERS, *TABLE, *FILES, *BALLOTS),
    "firm_staff": (*ANYBODY, *MATTERS, *TABLE, *SITTERS, *SUMMED),
    "committee": (*ANYBODY, *AGREED, *OWED, *CONTESTED, *SUMMED),
    "partner": (*ANYBODY, *MATTERS, *TABLE, *SITTERS),
    "department": (*ANYBODY, *MATTERS, *TABLE, *SITTERS),
    "security": (*ANYBODY, *SIGNED_IN, *COVERAGE, *OFFICERS, *AUDITORS, *CHANNELS),
    "administrator": (*ANYBODY, *SIGNED_IN, *COVERAGE, *OFFICERS, *FILES),
    "secretary": (
        *ANYBODY,
        *SIGNED_IN,
        *COVERAGE,
        *OFFICERS,
        *MATTERS,
        *TABLE,
        *SITTERS,
        *REGISTER,
        *FILES,
        *BALLOTS,
        *EVIDENCE,
        *AGREED,
        *RECOVERY,
        *CONTESTED,
        *SUMMED,
    ),
    "elsewhere": (
        *ANYBODY,
        *SIGNED_IN,
        *REGISTER,
        *COVERAGE,
        *OFFICERS,
        *FILES,
        *BALLOTS,
        *EVIDENCE,
        *SUMMED,
    ),
    "stairwell_head": (*ANYBODY, *SIGNED_IN, *OWN_REGISTER, *FILES, *BALLOTS),
    "firm_manager": (
        *ANYBODY,
        *SIGNED_IN,
        *OFFICERS,
        *FILES,
        *AGREED,
        *OWED,
        *RECONCILED,
        *PROVIDERS,
        *CHANNELS,
        *RECOVERY,
        *TOLD,
        *CONTESTED,
        *SUMMED,
    ),
    "resident": (
        *ANYBODY,
        *SIGNED_IN,
        *OWN_REGISTER,
        *FILES,
        *BALLOTS,
        *AGREED,
        *OWED,
        *RECOVERY,
        *TOLD,
        *CONTESTED,
        *SUMMED,
    ),
    "client": (*ANYBODY, *SIGNED_IN, *COVERAGE),
}
