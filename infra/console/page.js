// GraphiQL on this very address. The token goes into the headers' editor and is kept nowhere.
const url = window.location.origin + window.location.pathname;
// A header that nobody has filled in yet is not sent: without a county the schema still shows.
const isFilled = ([, value]) => !/^(Bearer)?$/i.test(String(value ?? "").trim());
const send = (address, options) =>
  fetch(address, {
    ...options,
    headers: Object.fromEntries(Object.entries(options.headers).filter(isFilled)),
  });
const answers = GraphiQL.createFetcher({ url, fetch: send });
// A subscription is a stream of events on this same address: each event is an answer.
async function* events(asked, options) {
  const response = await send(url, {
    method: "POST",
    headers: {
      ...options?.headers,
      accept: "text/event-stream",
      "content-type": "application/json",
    },
    body: JSON.stringify(asked),
  });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let read = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (read + value).split("\n\n");
      read = whole.pop();
      for (const event of whole) {
        const lines = event.split("\n");
        const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
        if (lines[0] === "event: next") yield JSON.parse(data.join("\n"));
      }
    }
  } finally {
    await reader.cancel();
  }
}
const isSubscription = (document, name) =>
  document?.definitions.some(
    (one) =>
      one.kind === "OperationDefinition" &&
      one.operation === "subscription" &&
      (!name || one.name?.value === name),
  );
const fetcher = (asked, options) =>
  isSubscription(options?.documentAST, asked.operationName)
    ? events(asked, options)
    : answers(asked, options);
const defaultQuery = `# 三方 Sanfang。令牌填在下方“Headers”：{ "Authorization": "Bearer …" }
# Put your token into "Headers" below. Ctrl-Enter runs the query.
{
  viewer {
    person { name }
    county { name }
    roles { zh en }
  }
  units(filter: { kinds: [COMMUNITY] }) {
    totalCount
    nodes { name kindLabel }
  }
}
`;
const element = React.createElement(GraphiQL, {
  fetcher,
  defaultQuery,
  defaultHeaders: '{ "Authorization": "Bearer ", "X-Sanfang-Tenant": "" }',
  shouldPersistHeaders: false,
});
ReactDOM.createRoot(document.getElementById("console")).render(element);
