resource "aws_dynamodb_table" "alerts" {
  name           = "${var.dynamodb_table}"
  billing_mode   = "PROVISIONED"
  read_capacity  = 30
  write_capacity = 30
  hash_key       = "Resource"
  range_key      = "Title"

  attribute {
    name = "Resource"
    type = "S"
  }
  attribute {
    name = "Title"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
}
