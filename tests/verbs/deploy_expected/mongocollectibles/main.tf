# MongoCollectibles: serverless, production
# Written by `tablewright deploy`; the model says why.

# holds Collectible
resource "aws_dynamodb_table" "collectibles_table" {
  name = "Collectibles"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "id"
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "name"
    type = "S"
  }
  attribute {
    name = "shelf"
    type = "S"
  }
  global_secondary_index {
    name = "catalogue-index"
    hash_key = "shelf"
    range_key = "name"
    projection_type = "INCLUDE"
    non_key_attributes = ["size", "image_url"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Warehouse
resource "aws_dynamodb_table" "warehouses_table" {
  name = "Warehouses"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "collectible_id"
  range_key = "warehouse_id"
  attribute {
    name = "collectible_id"
    type = "S"
  }
  attribute {
    name = "warehouse_id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Rental
resource "aws_dynamodb_table" "rentals_table" {
  name = "Rentals"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "id"
  attribute {
    name = "created_at"
    type = "S"
  }
  attribute {
    name = "customer_email"
    type = "S"
  }
  attribute {
    name = "id"
    type = "S"
  }
  attribute {
    name = "payment_status"
    type = "S"
  }
  global_secondary_index {
    name = "customer-index"
    hash_key = "customer_email"
    range_key = "created_at"
    projection_type = "ALL"
  }
  global_secondary_index {
    name = "status-index"
    hash_key = "payment_status"
    range_key = "created_at"
    projection_type = "ALL"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Store
resource "aws_dynamodb_table" "stores_table" {
  name = "Stores"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "id"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = false
  }
  deletion_protection_enabled = false
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds PaymentEvent
resource "aws_dynamodb_table" "payment_events_table" {
  name = "PaymentEvents"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "id"
  attribute {
    name = "id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = false
  }
  ttl {
    attribute_name = "expiresAt"
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# what users and the application store
resource "aws_s3_bucket" "files" {
  bucket_prefix = "mongocollectibles-production-files-"
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "files_encryption" {
  bucket = aws_s3_bucket.files.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "files_access" {
  bucket = aws_s3_bucket.files.id
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "files_ownership" {
  bucket = aws_s3_bucket.files.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "files_versioning" {
  bucket = aws_s3_bucket.files.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "files_lifecycle" {
  bucket = aws_s3_bucket.files.id
  rule {
    id = "unfinished-uploads"
    status = "Enabled"
    filter {
      prefix = ""
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id = "old-versions"
    status = "Enabled"
    filter {
      prefix = ""
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
  rule {
    id = "request-logs"
    status = "Enabled"
    filter {
      prefix = "logs/"
    }
    expiration {
      days = 90
    }
  }
}

# TLS only
resource "aws_s3_bucket_policy" "files_policy" {
  bucket = aws_s3_bucket.files.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "OnlyTls"
        Effect = "Deny"
        Principal = "*"
        Action = "s3:*"
        Resource = [aws_s3_bucket.files.arn, "${aws_s3_bucket.files.arn}/*"]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
    ]
  })
}

# the pages
resource "aws_s3_bucket" "web" {
  bucket_prefix = "mongocollectibles-production-web-"
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_website_configuration" "web_website" {
  bucket = aws_s3_bucket.web.id
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = "index.html"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "web_encryption" {
  bucket = aws_s3_bucket.web.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "web_access" {
  bucket = aws_s3_bucket.web.id
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "web_ownership" {
  bucket = aws_s3_bucket.web.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "web_versioning" {
  bucket = aws_s3_bucket.web.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "web_lifecycle" {
  bucket = aws_s3_bucket.web.id
  rule {
    id = "unfinished-uploads"
    status = "Enabled"
    filter {
      prefix = ""
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id = "old-versions"
    status = "Enabled"
    filter {
      prefix = ""
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }
}

# TLS only; read by the distribution alone
resource "aws_s3_bucket_policy" "web_policy" {
  bucket = aws_s3_bucket.web.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "OnlyTls"
        Effect = "Deny"
        Principal = "*"
        Action = "s3:*"
        Resource = [aws_s3_bucket.web.arn, "${aws_s3_bucket.web.arn}/*"]
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
      {
        Sid = "Distribution"
        Effect = "Allow"
        Principal = {
          Service = "cloudfront.amazonaws.com"
        }
        Action = "s3:GetObject"
        Resource = ["${aws_s3_bucket.web.arn}/*"]
        Condition = {
          StringEquals = {
            "AWS:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/${aws_cloudfront_distribution.distribution.id}"
          }
        }
      },
    ]
  })
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_application" {
  name = "mongocollectibles/production/application"
  description = "one secret for all keys, as priced: PAYMONGO_SECRET_KEY, PAYMONGO_WEBHOOK_SECRET; set each by hand"
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# name servers are an output: set them at the registrar, or no certificate is issued
resource "aws_route53_zone" "zone" {
  name = var.domain_name
  lifecycle {
    prevent_destroy = true
  }
}

# free; renews itself as long as the zone answers
resource "aws_acm_certificate" "certificate" {
  domain_name = var.domain_name
  subject_alternative_names = ["*.${var.domain_name}"]
  validation_method = "DNS"
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_route53_record" "certificate_proof" {
  zone_id = aws_route53_zone.zone.zone_id
  name = tolist(aws_acm_certificate.certificate.domain_validation_options)[0].resource_record_name
  type = tolist(aws_acm_certificate.certificate.domain_validation_options)[0].resource_record_type
  ttl = 300
  records = [
    tolist(aws_acm_certificate.certificate.domain_validation_options)[0].resource_record_value,
  ]
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "certificate_issued" {
  certificate_arn = aws_acm_certificate.certificate.arn
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "/tablewright/mongocollectibles/production"
  retention_in_days = 90
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# asynchronous calls that failed twice wait here for 14 days
resource "aws_sqs_queue" "dead_letters" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: CollectiblesTableIndexcatalogueindex for listCollectibles
resource "aws_iam_role" "get_collectibles_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "get_collectibles_function_role_access" {
  name = "access"
  role = aws_iam_role.get_collectibles_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "CollectiblesTableIndexcatalogueindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.collectibles_table.arn}/index/catalogue-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers GET /api/collectibles
resource "aws_lambda_function" "get_collectibles_function" {
  function_name = "mongocollectibles-production-get-collectibles-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/GetCollectibles.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 128
  timeout = 3
  role = aws_iam_role.get_collectibles_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: CollectiblesTable for getCollectible
resource "aws_iam_role" "get_collectible_by_id_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "get_collectible_by_id_function_role_access" {
  name = "access"
  role = aws_iam_role.get_collectible_by_id_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "CollectiblesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.collectibles_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers GET /api/collectibles/{id}
resource "aws_lambda_function" "get_collectible_by_id_function" {
  function_name = "mongocollectibles-production-get-collectible-by-id-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/GetCollectibleById.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 128
  timeout = 3
  role = aws_iam_role.get_collectible_by_id_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: CollectiblesTable for quoteCollectible; WarehousesTable for quoteWarehouses, warehousesOfCollectible
resource "aws_iam_role" "calculate_quote_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "calculate_quote_function_role_access" {
  name = "access"
  role = aws_iam_role.calculate_quote_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "CollectiblesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.collectibles_table.arn]
      },
      {
        Sid = "WarehousesTable"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.warehouses_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers POST /api/rentals/quote
resource "aws_lambda_function" "calculate_quote_function" {
  function_name = "mongocollectibles-production-calculate-quote-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/CalculateQuote.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.calculate_quote_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: CollectiblesTable for quoteCollectible; RentalsTable for createRental, getRental, setPaymentStatus; WarehousesTable for quoteWarehouses, releaseWarehouseUnit, reserveWarehouseUnit
resource "aws_iam_role" "process_checkout_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "process_checkout_function_role_access" {
  name = "access"
  role = aws_iam_role.process_checkout_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "CollectiblesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.collectibles_table.arn]
      },
      {
        Sid = "RentalsTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.rentals_table.arn]
      },
      {
        Sid = "WarehousesTable"
        Effect = "Allow"
        Action = ["dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.warehouses_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers POST /api/rentals/checkout
resource "aws_lambda_function" "process_checkout_function" {
  function_name = "mongocollectibles-production-process-checkout-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/ProcessCheckout.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 512
  timeout = 10
  role = aws_iam_role.process_checkout_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: RentalsTable for getRental, setPaymentStatus; WarehousesTable for releaseWarehouseUnit
resource "aws_iam_role" "pay_mongo_webhook_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "pay_mongo_webhook_function_role_access" {
  name = "access"
  role = aws_iam_role.pay_mongo_webhook_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "RentalsTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.rentals_table.arn]
      },
      {
        Sid = "WarehousesTable"
        Effect = "Allow"
        Action = ["dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.warehouses_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers POST /api/webhooks/paymongo
resource "aws_lambda_function" "pay_mongo_webhook_function" {
  function_name = "mongocollectibles-production-pay-mongo-webhook-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/PayMongoWebhook.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 256
  timeout = 10
  role = aws_iam_role.pay_mongo_webhook_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: RentalsTable for getRental, returnRental; RentalsTableIndexcustomerindex for rentalsByCustomer; RentalsTableIndexstatusindex for rentalsByStatus; WarehousesTable for releaseWarehouseUnit
resource "aws_iam_role" "manage_rentals_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "manage_rentals_function_role_access" {
  name = "access"
  role = aws_iam_role.manage_rentals_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "RentalsTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.rentals_table.arn]
      },
      {
        Sid = "RentalsTableIndexcustomerindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.rentals_table.arn}/index/customer-index"]
      },
      {
        Sid = "RentalsTableIndexstatusindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.rentals_table.arn}/index/status-index"]
      },
      {
        Sid = "WarehousesTable"
        Effect = "Allow"
        Action = ["dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.warehouses_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers GET /api/rentals, GET /api/rentals/{id}, POST /api/rentals/{id}/return, GET /api/health
resource "aws_lambda_function" "manage_rentals_function" {
  function_name = "mongocollectibles-production-manage-rentals-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/ManageRentals.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 128
  timeout = 5
  role = aws_iam_role.manage_rentals_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# what the access patterns need, and no more: CollectiblesTable for upsertCollectible; WarehousesTable for stockCopy
resource "aws_iam_role" "curate_catalogue_function_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "curate_catalogue_function_role_access" {
  name = "access"
  role = aws_iam_role.curate_catalogue_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "CollectiblesTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.collectibles_table.arn]
      },
      {
        Sid = "WarehousesTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.warehouses_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "TellOperators"
        Effect = "Allow"
        Action = ["sns:Publish"]
        Resource = [aws_sns_topic.alarm_topic.arn]
      },
      {
        Sid = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.logs.arn}:*"]
      },
      {
        Sid = "DeadLetters"
        Effect = "Allow"
        Action = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead_letters.arn]
      },
    ]
  })
}

# answers PUT /api/collectibles/{id}, POST /api/collectibles/{id}/copies
resource "aws_lambda_function" "curate_catalogue_function" {
  function_name = "mongocollectibles-production-curate-catalogue-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/CurateCatalogue.zip"
  handler = "bootstrap"
  runtime = "provided.al2023"
  memory_size = 128
  timeout = 5
  role = aws_iam_role.curate_catalogue_function_role.arn
  environment {
    variables = {
      SERVER_PORT = "8080"
      APP_ENVIRONMENT = "production"
      TABLE_COLLECTIBLES = aws_dynamodb_table.collectibles_table.name
      TABLE_WAREHOUSES = aws_dynamodb_table.warehouses_table.name
      TABLE_RENTALS = aws_dynamodb_table.rentals_table.name
      TABLE_STORES = aws_dynamodb_table.stores_table.name
      TABLE_PAYMENT_EVENTS = aws_dynamodb_table.payment_events_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      PAYMONGO_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      PAYMONGO_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
    }
  }
  logging_config {
    log_group = aws_cloudwatch_log_group.logs.name
    log_format = "JSON"
  }
  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }
  tracing_config {
    mode = "PassThrough"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_api_gateway_rest_api" "api" {
  name = "mongocollectibles-production"
  body = jsonencode({
    openapi = "3.0.1"
    info = {
      title = "mongocollectibles-production"
      version = "1"
    }
    paths = {
      "/api/collectibles" = {
        get = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.get_collectibles_function.arn}/invocations"
            timeoutInMillis = 3000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'GET,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/collectibles/{id}" = {
        get = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.get_collectible_by_id_function.arn}/invocations"
            timeoutInMillis = 3000
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
        put = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.curate_catalogue_function.arn}/invocations"
            timeoutInMillis = 5000
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'GET,PUT,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
      }
      "/api/rentals/quote" = {
        post = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.calculate_quote_function.arn}/invocations"
            timeoutInMillis = 5000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'POST,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/rentals/checkout" = {
        post = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.process_checkout_function.arn}/invocations"
            timeoutInMillis = 10000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'POST,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/webhooks/paymongo" = {
        post = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.pay_mongo_webhook_function.arn}/invocations"
            timeoutInMillis = 10000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'POST,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/rentals" = {
        get = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.manage_rentals_function.arn}/invocations"
            timeoutInMillis = 5000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'GET,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/rentals/{id}" = {
        get = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.manage_rentals_function.arn}/invocations"
            timeoutInMillis = 5000
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'GET,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
      }
      "/api/rentals/{id}/return" = {
        post = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.manage_rentals_function.arn}/invocations"
            timeoutInMillis = 5000
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'POST,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
      }
      "/api/health" = {
        get = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.manage_rentals_function.arn}/invocations"
            timeoutInMillis = 5000
          }
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'GET,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
        }
      }
      "/api/collectibles/{id}/copies" = {
        post = {
          responses = {
            default = {
              description = "as the function answers"
            }
          }
          x-amazon-apigateway-integration = {
            type = "aws_proxy"
            httpMethod = "POST"
            uri = "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.region}:lambda:path/2015-03-31/functions/${aws_lambda_function.curate_catalogue_function.arn}/invocations"
            timeoutInMillis = 5000
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
        options = {
          responses = {
            "204" = {
              description = "may call"
              headers = {
                Access-Control-Allow-Headers = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Methods = {
                  schema = {
                    type = "string"
                  }
                }
                Access-Control-Allow-Origin = {
                  schema = {
                    type = "string"
                  }
                }
              }
            }
          }
          x-amazon-apigateway-integration = {
            type = "mock"
            requestTemplates = {
              "application/json" = "{\"statusCode\": 204}"
            }
            responses = {
              default = {
                statusCode = "204"
                responseParameters = {
                  "method.response.header.Access-Control-Allow-Headers" = "'authorization,content-type,x-api-key'"
                  "method.response.header.Access-Control-Allow-Methods" = "'POST,OPTIONS'"
                  "method.response.header.Access-Control-Allow-Origin" = "'https://mongocollectibles.example'"
                }
              }
            }
          }
          parameters = [
            {
              name = "id"
              in = "path"
              required = true
              schema = {
                type = "string"
              }
            },
          ]
        }
      }
    }
  })
  endpoint_configuration {
    types = ["REGIONAL"]
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

# named by the paths it holds, so that a changed API is deployed
resource "aws_api_gateway_deployment" "api_deployment5939_f14_e" {
  rest_api_id = aws_api_gateway_rest_api.api.id
}

# 4 times the modelled peak of 8.3 calls a second; above it callers get 429
resource "aws_api_gateway_stage" "api_stage" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  deployment_id = aws_api_gateway_deployment.api_deployment5939_f14_e.id
  stage_name = "production"
}

resource "aws_api_gateway_method_settings" "api_stage_settings" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  stage_name = aws_api_gateway_stage.api_stage.stage_name
  method_path = "*/*"
  settings {
    metrics_enabled = true
    throttling_burst_limit = 33
    throttling_rate_limit = 33
  }
}

# a client with a key of this plan makes 60 calls a minute
resource "aws_api_gateway_usage_plan" "api_plan" {
  name = "mongocollectibles-production"
  api_stages {
    api_id = aws_api_gateway_rest_api.api.id
    stage = aws_api_gateway_stage.api_stage.stage_name
  }
  throttle_settings {
    burst_limit = 60
    rate_limit = 1.0
  }
}

resource "aws_lambda_permission" "get_collectibles_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.get_collectibles_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "get_collectible_by_id_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.get_collectible_by_id_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "calculate_quote_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.calculate_quote_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "process_checkout_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.process_checkout_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "pay_mongo_webhook_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.pay_mongo_webhook_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "manage_rentals_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.manage_rentals_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

resource "aws_lambda_permission" "curate_catalogue_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.curate_catalogue_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_api_gateway_rest_api.api.id}/*"
}

# the distribution signs what it asks of the bucket; nobody else may
resource "aws_cloudfront_origin_access_control" "origin_access" {
  name = "mongocollectibles-production"
  origin_access_control_origin_type = "s3"
  signing_behavior = "always"
  signing_protocol = "sigv4"
}

# images/* is kept for 31,536,000 seconds
resource "aws_cloudfront_cache_policy" "images_cache" {
  name = "mongocollectibles-production-ImagesCache"
  default_ttl = 31536000
  max_ttl = 31536000
  min_ttl = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# css/* is kept for 86,400 seconds
resource "aws_cloudfront_cache_policy" "css_cache" {
  name = "mongocollectibles-production-CssCache"
  default_ttl = 86400
  max_ttl = 86400
  min_ttl = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# js/* is kept for 86,400 seconds
resource "aws_cloudfront_cache_policy" "js_cache" {
  name = "mongocollectibles-production-JsCache"
  default_ttl = 86400
  max_ttl = 86400
  min_ttl = 0
  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip = true
    cookies_config {
      cookie_behavior = "none"
    }
    headers_config {
      header_behavior = "none"
    }
    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# everything over HTTPS, with security headers; calls of the program are never kept
resource "aws_cloudfront_distribution" "distribution" {
  enabled = true
  comment = "mongocollectibles-production"
  aliases = [var.domain_name]
  default_root_object = "index.html"
  http_version = "http2and3"
  is_ipv6_enabled = true
  price_class = "PriceClass_100"
  origin {
    origin_id = "web"
    domain_name = aws_s3_bucket.web.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.origin_access.id
  }
  origin {
    origin_id = "api"
    domain_name = "${aws_api_gateway_rest_api.api.id}.execute-api.${data.aws_region.current.region}.amazonaws.com"
    origin_path = "/production"
    custom_origin_config {
      http_port = 80
      https_port = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "images/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.images_cache.id
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "css/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.css_cache.id
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "js/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.js_cache.id
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD"]
    cached_methods = ["GET", "HEAD"]
  }
  ordered_cache_behavior {
    path_pattern = "api/*"
    target_origin_id = "api"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    compress = true
    allowed_methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods = ["GET", "HEAD"]
    origin_request_policy_id = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    acm_certificate_arn = aws_acm_certificate.certificate.arn
    ssl_support_method = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_route53_record" "domain_record" {
  zone_id = aws_route53_zone.zone.zone_id
  name = var.domain_name
  type = "A"
  alias {
    name = aws_cloudfront_distribution.distribution.domain_name
    zone_id = "Z2FDTNDATAQYW2"
    evaluate_target_health = false
  }
}

# every alarm is told here; with the key alias/aws/sns no alarm could write to it
resource "aws_sns_topic" "alarm_topic" {
  name = "mongocollectibles-production-alarms"
  tags = {
    app = "mongocollectibles"
    environment = "production"
  }
}

resource "aws_sns_topic_subscription" "alarm_address" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol = "email"
  endpoint = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "collectibles_throttled_alarm" {
  alarm_name = "collectibles-throttled-alarm"
  alarm_description = "Collectibles: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 2.6 units a second, 781 in five minutes
resource "aws_cloudwatch_metric_alarm" "collectibles_read_units_alarm" {
  alarm_name = "collectibles-read-units-alarm"
  alarm_description = "Collectibles: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 2344
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.collectibles_table.name
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "collectibles_write_units_alarm" {
  alarm_name = "collectibles-write-units-alarm"
  alarm_description = "Collectibles: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.collectibles_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "collectibles_system_errors_alarm" {
  alarm_name = "collectibles-system-errors-alarm"
  alarm_description = "Collectibles: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
        Operation = "GetItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
        Operation = "PutItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "collectibles_catalogue_index_throttled_alarm" {
  alarm_name = "collectibles-catalogue-index-throttled-alarm"
  alarm_description = "Collectibles / catalogue-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
        GlobalSecondaryIndexName = "catalogue-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.collectibles_table.name
        GlobalSecondaryIndexName = "catalogue-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 2.89 units a second, 868 in five minutes
resource "aws_cloudwatch_metric_alarm" "collectibles_catalogue_index_read_units_alarm" {
  alarm_name = "collectibles-catalogue-index-read-units-alarm"
  alarm_description = "Collectibles / catalogue-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 2604
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.collectibles_table.name
    GlobalSecondaryIndexName = "catalogue-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "collectibles_catalogue_index_write_units_alarm" {
  alarm_name = "collectibles-catalogue-index-write-units-alarm"
  alarm_description = "Collectibles / catalogue-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.collectibles_table.name
    GlobalSecondaryIndexName = "catalogue-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "warehouses_throttled_alarm" {
  alarm_name = "warehouses-throttled-alarm"
  alarm_description = "Warehouses: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.warehouses_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.warehouses_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 2.03 units a second, 608 in five minutes
resource "aws_cloudwatch_metric_alarm" "warehouses_read_units_alarm" {
  alarm_name = "warehouses-read-units-alarm"
  alarm_description = "Warehouses: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 1823
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.warehouses_table.name
  }
}

# expected at the peak: 0.02 units a second, 7 in five minutes
resource "aws_cloudwatch_metric_alarm" "warehouses_write_units_alarm" {
  alarm_name = "warehouses-write-units-alarm"
  alarm_description = "Warehouses: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.warehouses_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "warehouses_system_errors_alarm" {
  alarm_name = "warehouses-system-errors-alarm"
  alarm_description = "Warehouses: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.warehouses_table.name
        Operation = "PutItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.warehouses_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.warehouses_table.name
        Operation = "UpdateItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "rentals_throttled_alarm" {
  alarm_name = "rentals-throttled-alarm"
  alarm_description = "Rentals: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 0.06 units a second, 17 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_read_units_alarm" {
  alarm_name = "rentals-read-units-alarm"
  alarm_description = "Rentals: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
  }
}

# expected at the peak: 0.03 units a second, 10 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_write_units_alarm" {
  alarm_name = "rentals-write-units-alarm"
  alarm_description = "Rentals: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "rentals_system_errors_alarm" {
  alarm_name = "rentals-system-errors-alarm"
  alarm_description = "Rentals: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        Operation = "GetItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        Operation = "PutItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m4"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        Operation = "UpdateItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "rentals_customer_index_throttled_alarm" {
  alarm_name = "rentals-customer-index-throttled-alarm"
  alarm_description = "Rentals / customer-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        GlobalSecondaryIndexName = "customer-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        GlobalSecondaryIndexName = "customer-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 0.08 units a second, 25 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_customer_index_read_units_alarm" {
  alarm_name = "rentals-customer-index-read-units-alarm"
  alarm_description = "Rentals / customer-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
    GlobalSecondaryIndexName = "customer-index"
  }
}

# expected at the peak: 0.03 units a second, 10 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_customer_index_write_units_alarm" {
  alarm_name = "rentals-customer-index-write-units-alarm"
  alarm_description = "Rentals / customer-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
    GlobalSecondaryIndexName = "customer-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "rentals_status_index_throttled_alarm" {
  alarm_name = "rentals-status-index-throttled-alarm"
  alarm_description = "Rentals / status-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        GlobalSecondaryIndexName = "status-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.rentals_table.name
        GlobalSecondaryIndexName = "status-index"
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

# expected at the peak: 0.06 units a second, 17 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_status_index_read_units_alarm" {
  alarm_name = "rentals-status-index-read-units-alarm"
  alarm_description = "Rentals / status-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
    GlobalSecondaryIndexName = "status-index"
  }
}

# expected at the peak: 0.05 units a second, 14 in five minutes
resource "aws_cloudwatch_metric_alarm" "rentals_status_index_write_units_alarm" {
  alarm_name = "rentals-status-index-write-units-alarm"
  alarm_description = "Rentals / status-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 300
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.rentals_table.name
    GlobalSecondaryIndexName = "status-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stores_throttled_alarm" {
  alarm_name = "stores-throttled-alarm"
  alarm_description = "Stores: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "stores_system_errors_alarm" {
  alarm_name = "stores-system-errors-alarm"
  alarm_description = "Stores: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
        Operation = "GetItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
        Operation = "PutItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m4"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.stores_table.name
        Operation = "UpdateItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "payment_events_throttled_alarm" {
  alarm_name = "payment-events-throttled-alarm"
  alarm_description = "PaymentEvents: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "ReadThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "WriteThrottleEvents"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
      }
      period = 60
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
    label = "throttled requests"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "payment_events_system_errors_alarm" {
  alarm_name = "payment-events-system-errors-alarm"
  alarm_description = "PaymentEvents: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
        Operation = "GetItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
        Operation = "PutItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m4"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.payment_events_table.name
        Operation = "UpdateItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "function_errors_alarm" {
  alarm_name = "function-errors-alarm"
  alarm_description = "a function fails: read its log"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.get_collectibles_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.get_collectible_by_id_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.calculate_quote_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m4"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.process_checkout_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m5"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.pay_mongo_webhook_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m6"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.manage_rentals_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m7"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.curate_catalogue_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)+FILL(m5,0)+FILL(m6,0)+FILL(m7,0)"
    label = "errors of functions"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "function_throttled_alarm" {
  alarm_name = "function-throttled-alarm"
  alarm_description = "the account's concurrency is used up: raise its quota, or find what holds functions"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 0
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.get_collectibles_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m2"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.get_collectible_by_id_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m3"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.calculate_quote_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m4"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.process_checkout_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m5"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.pay_mongo_webhook_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m6"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.manage_rentals_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m7"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.curate_catalogue_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)+FILL(m5,0)+FILL(m6,0)+FILL(m7,0)"
    label = "throttles of functions"
    return_data = true
  }
}

# 80 % of 1,000, the quota unless it was raised
resource "aws_cloudwatch_metric_alarm" "concurrency_alarm" {
  alarm_name = "concurrency-alarm"
  alarm_description = "functions that run at once near the account's quota"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 800
  namespace = "AWS/Lambda"
  metric_name = "ConcurrentExecutions"
  statistic = "Maximum"
  period = 300
  dimensions = {}
}

resource "aws_cloudwatch_metric_alarm" "dead_letters_alarm" {
  alarm_name = "dead-letters-alarm"
  alarm_description = "asynchronous calls failed for good: their messages wait in the queue"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 1
  threshold = 0
  namespace = "AWS/SQS"
  metric_name = "ApproximateNumberOfMessagesVisible"
  statistic = "Maximum"
  period = 300
  dimensions = {
    QueueName = aws_sqs_queue.dead_letters.name
  }
}

resource "aws_cloudwatch_metric_alarm" "api_errors_alarm" {
  alarm_name = "api-errors-alarm"
  alarm_description = "the API answers with 5xx"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  namespace = "AWS/ApiGateway"
  metric_name = "5XXError"
  statistic = "Sum"
  period = 300
  dimensions = {
    ApiName = "mongocollectibles-production"
  }
}

# units in five minutes; the lines are what the estimate expects at the peak
resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "mongocollectibles-production"
  dashboard_body = "{\"widgets\":[{\"type\":\"metric\",\"x\":0,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Collectibles\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 781.3},{\"label\": \"expected writes\", \"value\": 0.2}]}}},{\"type\":\"metric\",\"x\":12,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Collectibles / catalogue-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.collectibles_table.name}\",\"GlobalSecondaryIndexName\",\"catalogue-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 868.1},{\"label\": \"expected writes\", \"value\": 0.2}]}}},{\"type\":\"metric\",\"x\":0,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Warehouses\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.warehouses_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 607.6},{\"label\": \"expected writes\", \"value\": 7.0}]}}},{\"type\":\"metric\",\"x\":12,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Rentals\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 17.4},{\"label\": \"expected writes\", \"value\": 10.4}]}}},{\"type\":\"metric\",\"x\":0,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Rentals / customer-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"customer-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 24.9},{\"label\": \"expected writes\", \"value\": 10.4}]}}},{\"type\":\"metric\",\"x\":12,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Rentals / status-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.rentals_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 17.4},{\"label\": \"expected writes\", \"value\": 13.9}]}}},{\"type\":\"metric\",\"x\":0,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Stores\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stores_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 0.0}]}}},{\"type\":\"metric\",\"x\":12,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"PaymentEvents\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.payment_events_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 0.0}]}}}]}"
}

# the priced bill of this option at 50,000 users: 130.46 USD a month
resource "aws_budgets_budget" "monthly_budget" {
  name = "mongocollectibles-production"
  budget_type = "COST"
  time_unit = "MONTHLY"
  limit_amount = "130.46"
  limit_unit = "USD"
  cost_filter {
    name = "TagKeyValue"
    values = ["user:app$mongocollectibles"]
  }
  notification {
    notification_type = "ACTUAL"
    comparison_operator = "GREATER_THAN"
    threshold = 80
    threshold_type = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
  notification {
    notification_type = "FORECASTED"
    comparison_operator = "GREATER_THAN"
    threshold = 120
    threshold_type = "PERCENTAGE"
    subscriber_email_addresses = [var.alarm_email]
  }
}

# charges of what carries the application's tag
resource "aws_ce_anomaly_monitor" "cost_monitor" {
  name = "mongocollectibles-production"
  monitor_type = "CUSTOM"
  monitor_specification = "{\"Tags\": {\"Key\": \"app\", \"Values\": [\"mongocollectibles\"]}}"
}

# from a tenth of the priced bill: 13 USD
resource "aws_ce_anomaly_subscription" "cost_anomalies" {
  name = "mongocollectibles-production"
  frequency = "DAILY"
  monitor_arn_list = [aws_ce_anomaly_monitor.cost_monitor.arn]
  subscriber {
    type = "EMAIL"
    address = var.alarm_email
  }
  threshold_expression {
    dimension {
      key = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values = ["13"]
    }
  }
}

# PAYMONGO_SECRET_KEY, PAYMONGO_WEBHOOK_SECRET: every 90 days
resource "aws_cloudwatch_event_rule" "replace90_days" {
  description = "mongocollectibles-production: replace PAYMONGO_SECRET_KEY, PAYMONGO_WEBHOOK_SECRET"
  schedule_expression = "rate(90 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace90_days_people" {
  rule = aws_cloudwatch_event_rule.replace90_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace PAYMONGO_SECRET_KEY, PAYMONGO_WEBHOOK_SECRET of mongocollectibles-production: RUNBOOK.md says how\""
}

# alarms and reminders of this account alone may write to the topic
resource "aws_sns_topic_policy" "alarm_topic_policy" {
  arn = aws_sns_topic.alarm_topic.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "Tell"
        Effect = "Allow"
        Principal = {
          Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
        }
        Action = "sns:Publish"
        Resource = aws_sns_topic.alarm_topic.arn
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = data.aws_caller_identity.current.account_id
          }
        }
      },
    ]
  })
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

data "aws_partition" "current" {}
