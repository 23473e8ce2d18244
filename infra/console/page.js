// GraphiQL on this very address. The token goes into the headers' editor and is kept nowhere.
const url = window.location.origin + window.location.pathname;
// A header that nobody has filled in yet is not sent: without a county the schema still shows.
const isFilled = ([, value]) => !/^(Bearer)?$/i.test(String(value ?? "").trim());
const send = (address, options) =>
  fetch(address, {
    ...options,
    headers: Object.fromEntries(Object.entries(options.headers).filter(isFilled)),
  });
const fetcher = GraphiQL.createFetcher({ url, fetch: send });
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
