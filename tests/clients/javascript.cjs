// What an application does with the AWS SDK for JavaScript v3. Arguments: packages folder, endpoint.
const { createRequire } = require("node:module");
const assert = require("node:assert");
const [packages, endpoint] = process.argv.slice(2);
const sdk = createRequire(packages + "/")("@aws-sdk/client-dynamodb");

const client = new sdk.DynamoDBClient({
  endpoint,
  region: "eu-north-1",
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});

async function main() {
  const TableName = "FromJavaScript";
  await client.send(new sdk.CreateTableCommand({
    TableName,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  }));
  await sdk.waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  const Item = { id: { S: "a" }, raw: { B: new Uint8Array([1, 2, 3]) }, tags: { SS: ["x", "y"] } };
  const put = { TableName, Item, ConditionExpression: "attribute_not_exists(id)" };
  await client.send(new sdk.PutItemCommand(put));
  await assert.rejects(
    client.send(new sdk.PutItemCommand(put)),
    (error) => error instanceof sdk.ConditionalCheckFailedException,
  );
  const got = await client.send(new sdk.GetItemCommand({ TableName, Key: { id: { S: "a" } } }));
  assert.deepStrictEqual([...got.Item.raw.B], [1, 2, 3]);
  await assert.rejects(
    client.send(new sdk.TransactWriteItemsCommand({ TransactItems: [{ Put: put }] })),
    (error) => error.CancellationReasons[0].Code === "ConditionalCheckFailed",
  );
  let count = 0;
  for await (const page of sdk.paginateScan({ client, pageSize: 1 }, { TableName })) {
    count += page.Count;
  }
  assert.strictEqual(count, 1);
  console.log("all is well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
