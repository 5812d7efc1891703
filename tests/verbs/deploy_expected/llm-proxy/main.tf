# LLM proxy service: native-aws, production
# Written by `tablewright deploy`; the model says why.

# holds User, Receipt
resource "aws_dynamodb_table" "users_table" {
  name = "Users"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "PK"
  range_key = "SK"
  attribute {
    name = "PK"
    type = "S"
  }
  attribute {
    name = "SK"
    type = "S"
  }
  attribute {
    name = "originalTransactionId"
    type = "S"
  }
  global_secondary_index {
    name = "original-transaction-index"
    hash_key = "originalTransactionId"
    projection_type = "KEYS_ONLY"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Usage
resource "aws_dynamodb_table" "usage_table" {
  name = "Usage"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "PK"
  range_key = "SK"
  attribute {
    name = "PK"
    type = "S"
  }
  attribute {
    name = "SK"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  ttl {
    attribute_name = "expiresAt"
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# what users and the application store
resource "aws_s3_bucket" "files" {
  bucket_prefix = "llm-proxy-production-files-"
  tags = {
    app = "llm-proxy"
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

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_application" {
  name = "llm-proxy/production/application"
  description = "one secret for all keys, as priced: JWT_SECRET, PROVIDER_API_KEY, APP_STORE_SHARED_SECRET; set each by hand"
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "/tablewright/llm-proxy/production"
  retention_in_days = 90
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
}

# asynchronous calls that failed twice wait here for 14 days
resource "aws_sqs_queue" "dead_letters" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
}

# what the access patterns need, and no more: UsageTable for recordUsage; UsersTable for changePlan, checkQuota, createUser, getUserByEmail, getUserById, giveBackUsage, incrementUsage, putReceipt, resetUsagePeriod, touchLogin; UsersTableIndexoriginaltransactionindex for findUserByOriginalTransaction
resource "aws_iam_role" "function_role" {
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
    app = "llm-proxy"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "function_role_access" {
  name = "access"
  role = aws_iam_role.function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "UsageTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.usage_table.arn]
      },
      {
        Sid = "UsersTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.users_table.arn]
      },
      {
        Sid = "UsersTableIndexoriginaltransactionindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.users_table.arn}/index/original-transaction-index"]
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

# answers every route
resource "aws_lambda_function" "function" {
  function_name = "llm-proxy-production-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = var.artifact_key
  handler = "index.handler"
  runtime = "nodejs22.x"
  memory_size = 256
  timeout = 10
  role = aws_iam_role.function_role.arn
  environment {
    variables = {
      NODE_ENV = "production"
      LOG_RETENTION_DAYS = "90"
      APP_ENVIRONMENT = "production"
      TABLE_USERS = aws_dynamodb_table.users_table.name
      TABLE_USAGE = aws_dynamodb_table.usage_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      PROVIDER_API_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      APP_STORE_SHARED_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "llm-proxy"
    environment = "production"
  }
}

resource "aws_apigatewayv2_api" "api" {
  name = "llm-proxy-production"
  protocol_type = "HTTP"
  cors_configuration {
    allow_methods = ["DELETE", "GET", "PATCH", "POST", "PUT", "OPTIONS"]
    allow_headers = ["authorization", "content-type", "x-api-key"]
    allow_origins = ["https://proxy.example"]
    max_age = 600
  }
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
}

resource "aws_apigatewayv2_integration" "api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 10000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "api_route" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "$default"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.api_integration.id}"
}

# 4 times the modelled peak of 371.2 calls a second; above it callers get 429
resource "aws_apigatewayv2_stage" "api_stage" {
  api_id = aws_apigatewayv2_api.api.id
  name = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit = 1485
    throttling_rate_limit = 1485
    detailed_metrics_enabled = true
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.logs.arn
    format = "{\"requestId\":\"$context.requestId\",\"route\":\"$context.routeKey\",\"status\":\"$context.status\",\"latency\":\"$context.responseLatency\"}"
  }
}

resource "aws_lambda_permission" "api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

# what the access patterns need, and no more: UsageTable2 for listUsageByPeriod, summariseUsage; UsersTable2 for getLatestReceipt; the session's tag userId has to be in the key
resource "aws_iam_role" "user_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = [aws_iam_role.function_role.arn]
        }
        Action = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          StringLike = {
            "aws:RequestTag/userId" = "?*"
          }
        }
      },
    ]
  })
  max_session_duration = 3600
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "user_role_access" {
  name = "access"
  role = aws_iam_role.user_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "UsageTable2"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.usage_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["USER#$${aws:PrincipalTag/userId}"]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
        }
      },
      {
        Sid = "UsersTable2"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.users_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["USER#$${aws:PrincipalTag/userId}"]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "ForUsers"
        Effect = "Allow"
        Action = ["sts:AssumeRole", "sts:TagSession"]
        Resource = [aws_iam_role.user_role.arn]
      },
    ]
  })
}

# every alarm is told here; with the key alias/aws/sns no alarm could write to it
resource "aws_sns_topic" "alarm_topic" {
  name = "llm-proxy-production-alarms"
  tags = {
    app = "llm-proxy"
    environment = "production"
  }
}

resource "aws_sns_topic_subscription" "alarm_address" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol = "email"
  endpoint = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "users_throttled_alarm" {
  alarm_name = "users-throttled-alarm"
  alarm_description = "Users: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.users_table.name
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
        TableName = aws_dynamodb_table.users_table.name
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

# expected at the peak: 130.12 units a second, 39037 in five minutes
resource "aws_cloudwatch_metric_alarm" "users_read_units_alarm" {
  alarm_name = "users-read-units-alarm"
  alarm_description = "Users: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 117111
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.users_table.name
  }
}

# expected at the peak: 125.42 units a second, 37627 in five minutes
resource "aws_cloudwatch_metric_alarm" "users_write_units_alarm" {
  alarm_name = "users-write-units-alarm"
  alarm_description = "Users: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 112881
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.users_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "users_system_errors_alarm" {
  alarm_name = "users-system-errors-alarm"
  alarm_description = "Users: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.users_table.name
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
        TableName = aws_dynamodb_table.users_table.name
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
        TableName = aws_dynamodb_table.users_table.name
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
        TableName = aws_dynamodb_table.users_table.name
        Operation = "TransactWriteItems"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m5"
    metric {
      namespace = "AWS/DynamoDB"
      metric_name = "SystemErrors"
      dimensions = {
        TableName = aws_dynamodb_table.users_table.name
        Operation = "UpdateItem"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)+FILL(m5,0)"
    label = "errors of the service"
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "users_original_transaction_index_throttled_alarm" {
  alarm_name = "users-original-transaction-index-throttled-alarm"
  alarm_description = "Users / original-transaction-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.users_table.name
        GlobalSecondaryIndexName = "original-transaction-index"
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
        TableName = aws_dynamodb_table.users_table.name
        GlobalSecondaryIndexName = "original-transaction-index"
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

# expected at the peak: 0.01 units a second, 3 in five minutes
resource "aws_cloudwatch_metric_alarm" "users_original_transaction_index_read_units_alarm" {
  alarm_name = "users-original-transaction-index-read-units-alarm"
  alarm_description = "Users / original-transaction-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.users_table.name
    GlobalSecondaryIndexName = "original-transaction-index"
  }
}

# expected at the peak: 0.02 units a second, 6 in five minutes
resource "aws_cloudwatch_metric_alarm" "users_original_transaction_index_write_units_alarm" {
  alarm_name = "users-original-transaction-index-write-units-alarm"
  alarm_description = "Users / original-transaction-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.users_table.name
    GlobalSecondaryIndexName = "original-transaction-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "usage_throttled_alarm" {
  alarm_name = "usage-throttled-alarm"
  alarm_description = "Usage: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.usage_table.name
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
        TableName = aws_dynamodb_table.usage_table.name
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

# expected at the peak: 39.35 units a second, 11806 in five minutes
resource "aws_cloudwatch_metric_alarm" "usage_read_units_alarm" {
  alarm_name = "usage-read-units-alarm"
  alarm_description = "Usage: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 35417
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.usage_table.name
  }
}

# expected at the peak: 115.74 units a second, 34722 in five minutes
resource "aws_cloudwatch_metric_alarm" "usage_write_units_alarm" {
  alarm_name = "usage-write-units-alarm"
  alarm_description = "Usage: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 104167
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.usage_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "usage_system_errors_alarm" {
  alarm_name = "usage-system-errors-alarm"
  alarm_description = "Usage: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.usage_table.name
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
        TableName = aws_dynamodb_table.usage_table.name
        Operation = "Query"
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)"
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
  namespace = "AWS/Lambda"
  metric_name = "Errors"
  statistic = "Sum"
  period = 300
  dimensions = {
    FunctionName = aws_lambda_function.function.function_name
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
  namespace = "AWS/Lambda"
  metric_name = "Throttles"
  statistic = "Sum"
  period = 300
  dimensions = {
    FunctionName = aws_lambda_function.function.function_name
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
  metric_name = "5xx"
  statistic = "Sum"
  period = 300
  dimensions = {
    ApiId = aws_apigatewayv2_api.api.id
  }
}

# deploy.latency_p99_ms of the model
resource "aws_cloudwatch_metric_alarm" "api_latency_alarm" {
  alarm_name = "api-latency-alarm"
  alarm_description = "one call in a hundred takes over 20000 ms"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 20000
  namespace = "AWS/ApiGateway"
  metric_name = "Latency"
  extended_statistic = "p99"
  period = 300
  dimensions = {
    ApiId = aws_apigatewayv2_api.api.id
  }
}

# units in five minutes; the lines are what the estimate expects at the peak
resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "llm-proxy-production"
  dashboard_body = "{\"widgets\":[{\"type\":\"metric\",\"x\":0,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Users\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 39036.8},{\"label\": \"expected writes\", \"value\": 37626.9}]}}},{\"type\":\"metric\",\"x\":12,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Users / original-transaction-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.users_table.name}\",\"GlobalSecondaryIndexName\",\"original-transaction-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 2.9},{\"label\": \"expected writes\", \"value\": 5.7}]}}},{\"type\":\"metric\",\"x\":0,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"Usage\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.usage_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 11805.6},{\"label\": \"expected writes\", \"value\": 34722.2}]}}}]}"
}

# the priced bill of this option at 50,000 users: 431.41 USD a month
resource "aws_budgets_budget" "monthly_budget" {
  name = "llm-proxy-production"
  budget_type = "COST"
  time_unit = "MONTHLY"
  limit_amount = "431.41"
  limit_unit = "USD"
  cost_filter {
    name = "TagKeyValue"
    values = ["user:app$llm-proxy"]
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
  name = "llm-proxy-production"
  monitor_type = "CUSTOM"
  monitor_specification = "{\"Tags\": {\"Key\": \"app\", \"Values\": [\"llm-proxy\"]}}"
}

# from a tenth of the priced bill: 43 USD
resource "aws_ce_anomaly_subscription" "cost_anomalies" {
  name = "llm-proxy-production"
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
      values = ["43"]
    }
  }
}

# JWT_SECRET, PROVIDER_API_KEY: every 90 days
resource "aws_cloudwatch_event_rule" "replace90_days" {
  description = "llm-proxy-production: replace JWT_SECRET, PROVIDER_API_KEY"
  schedule_expression = "rate(90 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace90_days_people" {
  rule = aws_cloudwatch_event_rule.replace90_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace JWT_SECRET, PROVIDER_API_KEY of llm-proxy-production: RUNBOOK.md says how\""
}

# APP_STORE_SHARED_SECRET: every 180 days
resource "aws_cloudwatch_event_rule" "replace180_days" {
  description = "llm-proxy-production: replace APP_STORE_SHARED_SECRET"
  schedule_expression = "rate(180 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace180_days_people" {
  rule = aws_cloudwatch_event_rule.replace180_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace APP_STORE_SHARED_SECRET of llm-proxy-production: RUNBOOK.md says how\""
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
