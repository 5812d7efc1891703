variable "ddb-table-name" { default = "dynamodb-table" }
variable "ddb-read-capacity" { default = 1 }
variable "ddb-write-capacity" { default = 1 }
variable "ddb-hash-key-name" { default = "ddb-hash-key" }
variable "ddb-range-key-name" { default = "ddb-range-key" }
variable "ttl-attribute-name" { default = "" }
variable "ttl-enabled" { default = false }
variable "gsi-list" { default = [] }

resource "aws_dynamodb_table" "ddb_table" {
  name                   = "${var.ddb-table-name}"
  read_capacity          = "${var.ddb-read-capacity}"
  write_capacity         = "${var.ddb-write-capacity}"
  hash_key               = "${var.ddb-hash-key-name}"
  range_key              = "${var.ddb-range-key-name}"
  attribute              = ["${local.attributes_final}"]
  global_secondary_index = ["${var.gsi-list}"]

  ttl {
    enabled        = "${var.ttl-enabled}"
    attribute_name = "${var.ttl-attribute-name}"
  }
  point_in_time_recovery {
    enabled = "${var.backup-enabled}"
  }
}
