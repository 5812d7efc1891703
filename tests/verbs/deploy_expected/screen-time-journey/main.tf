# Screen Time Journey: http-api-lambda, production
# Written by `tablewright deploy`; the model says why.

# holds Subscriber
resource "aws_dynamodb_table" "stj_subscribers_table" {
  name = "stj_subscribers"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "customer_id"
  attribute {
    name = "board"
    type = "S"
  }
  attribute {
    name = "customer_id"
    type = "S"
  }
  attribute {
    name = "email"
    type = "S"
  }
  attribute {
    name = "phone"
    type = "S"
  }
  attribute {
    name = "streak"
    type = "N"
  }
  attribute {
    name = "username"
    type = "S"
  }
  global_secondary_index {
    name = "username-index"
    hash_key = "username"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name = "email-index"
    hash_key = "email"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name = "phone-index"
    hash_key = "phone"
    projection_type = "KEYS_ONLY"
  }
  global_secondary_index {
    name = "leaderboard-index"
    hash_key = "board"
    range_key = "streak"
    projection_type = "INCLUDE"
    non_key_attributes = ["username", "gender", "level", "card"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Device
resource "aws_dynamodb_table" "stj_devices_table" {
  name = "stj_devices"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "customer_id"
  range_key = "device_id"
  attribute {
    name = "customer_id"
    type = "S"
  }
  attribute {
    name = "device_id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds PinRecord
resource "aws_dynamodb_table" "stj_password_table" {
  name = "stj_password"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "customer_id"
  range_key = "device_id"
  attribute {
    name = "customer_id"
    type = "S"
  }
  attribute {
    name = "device_id"
    type = "S"
  }
  attribute {
    name = "email"
    type = "S"
  }
  global_secondary_index {
    name = "email-index"
    hash_key = "email"
    projection_type = "INCLUDE"
    non_key_attributes = ["user_id", "deviceType", "deviceName"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Subscriber
resource "aws_dynamodb_table" "stj_webhooks_table" {
  name = "stj_webhooks"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "customer_id"
  attribute {
    name = "customer_id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Config
resource "aws_dynamodb_table" "stj_system_table" {
  name = "stj_system"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "config_key"
  attribute {
    name = "config_key"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Event
resource "aws_dynamodb_table" "stj_events_table" {
  name = "stj_events"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "customer_id"
  range_key = "moment"
  attribute {
    name = "customer_id"
    type = "S"
  }
  attribute {
    name = "moment"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds OneTimeCode
resource "aws_dynamodb_table" "stj_codes_table" {
  name = "stj_codes"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "code_id"
  attribute {
    name = "code_id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds WebhookDelivery
resource "aws_dynamodb_table" "stj_deliveries_table" {
  name = "stj_deliveries"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "delivery_id"
  attribute {
    name = "delivery_id"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  ttl {
    attribute_name = "expires_at"
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_application" {
  name = "screen-time-journey/production/application"
  description = "one secret for all keys, as priced: JWT_SECRET, SHOPIFY_WEBHOOK_SECRET, WHATSAPP_TOKEN, PIN_ENCRYPTION_KEY, CODE_SECRET; set each by hand"
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "logs" {
  name = "/tablewright/screen-time-journey/production"
  retention_in_days = 90
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
}

# asynchronous calls that failed twice wait here for 14 days
resource "aws_sqs_queue" "dead_letters" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjEventsTable for recordEvent; StjSubscribersTable for claimUsername, usernameAvailable
resource "aws_iam_role" "username_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "username_function_role_access" {
  name = "access"
  role = aws_iam_role.username_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjEventsTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
      },
      {
        Sid = "StjSubscribersTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_subscribers_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers GET /api/username/{name}/availability, PUT /api/me/username
resource "aws_lambda_function" "username_function" {
  function_name = "screen-time-journey-production-username-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Username.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.username_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjEventsTable for recordEvent; StjSubscribersTable for changeStatus, getSubscriber, saveProgress; StjSystemTable for getConfig
resource "aws_iam_role" "profile_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "profile_function_role_access" {
  name = "access"
  role = aws_iam_role.profile_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjEventsTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
      },
      {
        Sid = "StjSubscribersTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_subscribers_table.arn]
      },
      {
        Sid = "StjSystemTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.stj_system_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers GET /api/me, PATCH /api/me, POST /api/me/commitment, POST /api/me/check-in, POST /api/me/surrender, POST /api/me/cancel, GET /api/me/events, GET /api/health
resource "aws_lambda_function" "profile_function" {
  function_name = "screen-time-journey-production-profile-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Profile.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.profile_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjCodesTable for getCode, sendCode, sendCodeAfterWindow, sendCodeAgain, spendCode, tryCode; StjSubscribersTable for getSubscriber, subscriberByEmail; StjSubscribersTableIndexemailindex for subscriberByEmail
resource "aws_iam_role" "sign_in_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "sign_in_function_role_access" {
  name = "access"
  role = aws_iam_role.sign_in_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjCodesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_codes_table.arn]
      },
      {
        Sid = "StjSubscribersTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.stj_subscribers_table.arn]
      },
      {
        Sid = "StjSubscribersTableIndexemailindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.stj_subscribers_table.arn}/index/email-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers POST /api/login, POST /api/login/confirm, POST /api/login/renew
resource "aws_lambda_function" "sign_in_function" {
  function_name = "screen-time-journey-production-sign-in-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/SignIn.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 10
  role = aws_iam_role.sign_in_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjCodesTable for eraseCode; StjDeliveriesTable for getDelivery, recordDelivery; StjDevicesTable for removeDevice; StjEventsTable for eraseEvent, recordEvent; StjPasswordTable for removeDevice; StjSubscribersTable for changeEmail, changeStatus, createSubscriber, eraseSubscriber, getSubscriber, storeWebhook, subscriberByEmail; StjSubscribersTableIndexemailindex for subscriberByEmail; StjWebhooksTable for createSubscriber, eraseSubscriber, keepMessage, storeWebhook
resource "aws_iam_role" "shopify_webhook_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "shopify_webhook_function_role_access" {
  name = "access"
  role = aws_iam_role.shopify_webhook_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjCodesTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem"]
        Resource = [aws_dynamodb_table.stj_codes_table.arn]
      },
      {
        Sid = "StjDeliveriesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_deliveries_table.arn]
      },
      {
        Sid = "StjDevicesTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem"]
        Resource = [aws_dynamodb_table.stj_devices_table.arn]
      },
      {
        Sid = "StjEventsTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
      },
      {
        Sid = "StjPasswordTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem"]
        Resource = [aws_dynamodb_table.stj_password_table.arn]
      },
      {
        Sid = "StjSubscribersTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_subscribers_table.arn]
      },
      {
        Sid = "StjSubscribersTableIndexemailindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.stj_subscribers_table.arn}/index/email-index"]
      },
      {
        Sid = "StjWebhooksTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_webhooks_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers POST /api/webhooks/shopify
resource "aws_lambda_function" "shopify_webhook_function" {
  function_name = "screen-time-journey-production-shopify-webhook-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/ShopifyWebhook.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 10
  role = aws_iam_role.shopify_webhook_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjCodesTable for getCode, sendCode, sendCodeAfterWindow, sendCodeAgain, spendCode, tryCode; StjSubscribersTable for subscriberByPhone, verifyPhone; StjSubscribersTableIndexphoneindex for subscriberByPhone
resource "aws_iam_role" "whats_app_verification_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "whats_app_verification_function_role_access" {
  name = "access"
  role = aws_iam_role.whats_app_verification_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjCodesTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_codes_table.arn]
      },
      {
        Sid = "StjSubscribersTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_subscribers_table.arn]
      },
      {
        Sid = "StjSubscribersTableIndexphoneindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.stj_subscribers_table.arn}/index/phone-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers POST /api/verify/whatsapp, POST /api/verify/whatsapp/confirm
resource "aws_lambda_function" "whats_app_verification_function" {
  function_name = "screen-time-journey-production-whats-app-verification-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/WhatsAppVerification.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 10
  role = aws_iam_role.whats_app_verification_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjSubscribersTableIndexleaderboardindex for leaderboard
resource "aws_iam_role" "leaderboard_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "leaderboard_function_role_access" {
  name = "access"
  role = aws_iam_role.leaderboard_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjSubscribersTableIndexleaderboardindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.stj_subscribers_table.arn}/index/leaderboard-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers GET /api/leaderboard
resource "aws_lambda_function" "leaderboard_function" {
  function_name = "screen-time-journey-production-leaderboard-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Leaderboard.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.leaderboard_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjDevicesTable for addDevice, removeDevice, saveDeviceList; StjEventsTable for recordEvent; StjPasswordTable for addDevice, removeDevice; StjPasswordTableIndexemailindex for pinsByEmail
resource "aws_iam_role" "devices_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "devices_function_role_access" {
  name = "access"
  role = aws_iam_role.devices_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjDevicesTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_devices_table.arn]
      },
      {
        Sid = "StjEventsTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
      },
      {
        Sid = "StjPasswordTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_password_table.arn]
      },
      {
        Sid = "StjPasswordTableIndexemailindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.stj_password_table.arn}/index/email-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers GET /api/devices, POST /api/devices, PATCH /api/devices/{id}, DELETE /api/devices/{id}
resource "aws_lambda_function" "devices_function" {
  function_name = "screen-time-journey-production-devices-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Devices.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.devices_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjEventsTable for recordEvent; StjPasswordTable for createPin, getPinRecord, updatePin
resource "aws_iam_role" "pins_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "pins_function_role_access" {
  name = "access"
  role = aws_iam_role.pins_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjEventsTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
      },
      {
        Sid = "StjPasswordTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.stj_password_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers POST /api/devices/{id}/pin, GET /api/devices/{id}/pin, GET /api/devices/{id}/profile
resource "aws_lambda_function" "pins_function" {
  function_name = "screen-time-journey-production-pins-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Pins.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 5
  role = aws_iam_role.pins_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

# what the access patterns need, and no more: StjSystemTable for getConfig
resource "aws_iam_role" "configuration_function_role" {
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_iam_role_policy" "configuration_function_role_access" {
  name = "access"
  role = aws_iam_role.configuration_function_role.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid = "StjSystemTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem"]
        Resource = [aws_dynamodb_table.stj_system_table.arn]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [aws_secretsmanager_secret.secret_application.arn]
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

# answers GET /api/config/{key}
resource "aws_lambda_function" "configuration_function" {
  function_name = "screen-time-journey-production-configuration-function"
  architectures = ["arm64"]
  s3_bucket = var.artifact_bucket
  s3_key = "${var.artifact_key}/Configuration.zip"
  handler = "app.handler"
  runtime = "python3.13"
  memory_size = 256
  timeout = 3
  role = aws_iam_role.configuration_function_role.arn
  environment {
    variables = {
      APP_ENVIRONMENT = "production"
      TABLE_STJ_SUBSCRIBERS = aws_dynamodb_table.stj_subscribers_table.name
      TABLE_STJ_DEVICES = aws_dynamodb_table.stj_devices_table.name
      TABLE_STJ_PASSWORD = aws_dynamodb_table.stj_password_table.name
      TABLE_STJ_WEBHOOKS = aws_dynamodb_table.stj_webhooks_table.name
      TABLE_STJ_SYSTEM = aws_dynamodb_table.stj_system_table.name
      TABLE_STJ_EVENTS = aws_dynamodb_table.stj_events_table.name
      TABLE_STJ_CODES = aws_dynamodb_table.stj_codes_table.name
      TABLE_STJ_DELIVERIES = aws_dynamodb_table.stj_deliveries_table.name
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      SHOPIFY_WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
      WHATSAPP_TOKEN_ARN = aws_secretsmanager_secret.secret_application.arn
      PIN_ENCRYPTION_KEY_ARN = aws_secretsmanager_secret.secret_application.arn
      CODE_SECRET_ARN = aws_secretsmanager_secret.secret_application.arn
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
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_apigatewayv2_api" "api" {
  name = "screen-time-journey-production"
  protocol_type = "HTTP"
  cors_configuration {
    allow_methods = ["DELETE", "GET", "PATCH", "POST", "PUT", "OPTIONS"]
    allow_headers = ["authorization", "content-type", "x-api-key"]
    allow_origins = ["https://screentimejourney.example"]
    max_age = 600
  }
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_apigatewayv2_integration" "username_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.username_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 5000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "username_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/username/{name}/availability"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.username_api_integration.id}"
}

resource "aws_apigatewayv2_route" "username_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "PUT /api/me/username"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.username_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "profile_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.profile_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 5000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "profile_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/me"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "PATCH /api/me"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route3" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/me/commitment"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route4" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/me/check-in"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route5" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/me/surrender"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route6" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/me/cancel"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route7" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/me/events"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_route" "profile_api_route8" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/health"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.profile_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "sign_in_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.sign_in_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 10000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "sign_in_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/login"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.sign_in_api_integration.id}"
}

resource "aws_apigatewayv2_route" "sign_in_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/login/confirm"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.sign_in_api_integration.id}"
}

resource "aws_apigatewayv2_route" "sign_in_api_route3" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/login/renew"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.sign_in_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "shopify_webhook_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.shopify_webhook_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 10000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "shopify_webhook_api_route" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/webhooks/shopify"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.shopify_webhook_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "whats_app_verification_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.whats_app_verification_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 10000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "whats_app_verification_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/verify/whatsapp"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.whats_app_verification_api_integration.id}"
}

resource "aws_apigatewayv2_route" "whats_app_verification_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/verify/whatsapp/confirm"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.whats_app_verification_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "leaderboard_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.leaderboard_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 5000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "leaderboard_api_route" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/leaderboard"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.leaderboard_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "devices_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.devices_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 5000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "devices_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/devices"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.devices_api_integration.id}"
}

resource "aws_apigatewayv2_route" "devices_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/devices"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.devices_api_integration.id}"
}

resource "aws_apigatewayv2_route" "devices_api_route3" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "PATCH /api/devices/{id}"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.devices_api_integration.id}"
}

resource "aws_apigatewayv2_route" "devices_api_route4" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "DELETE /api/devices/{id}"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.devices_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "pins_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.pins_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 5000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "pins_api_route1" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "POST /api/devices/{id}/pin"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.pins_api_integration.id}"
}

resource "aws_apigatewayv2_route" "pins_api_route2" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/devices/{id}/pin"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.pins_api_integration.id}"
}

resource "aws_apigatewayv2_route" "pins_api_route3" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/devices/{id}/profile"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.pins_api_integration.id}"
}

resource "aws_apigatewayv2_integration" "configuration_api_integration" {
  api_id = aws_apigatewayv2_api.api.id
  integration_type = "AWS_PROXY"
  integration_uri = aws_lambda_function.configuration_function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds = 3000
}

# public: the application itself checks who calls
resource "aws_apigatewayv2_route" "configuration_api_route" {
  api_id = aws_apigatewayv2_api.api.id
  route_key = "GET /api/config/{key}"
  authorization_type = "NONE"
  target = "integrations/${aws_apigatewayv2_integration.configuration_api_integration.id}"
}

# 4 times the modelled peak of 12.8 calls a second; above it callers get 429
resource "aws_apigatewayv2_stage" "api_stage" {
  api_id = aws_apigatewayv2_api.api.id
  name = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit = 51
    throttling_rate_limit = 51
    detailed_metrics_enabled = true
  }
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.logs.arn
    format = "{\"requestId\":\"$context.requestId\",\"route\":\"$context.routeKey\",\"status\":\"$context.status\",\"latency\":\"$context.responseLatency\"}"
  }
}

resource "aws_lambda_permission" "username_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.username_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "profile_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.profile_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "sign_in_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.sign_in_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "shopify_webhook_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.shopify_webhook_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "whats_app_verification_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.whats_app_verification_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "leaderboard_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.leaderboard_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "devices_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.devices_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "pins_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.pins_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

resource "aws_lambda_permission" "configuration_api_permission" {
  action = "lambda:InvokeFunction"
  function_name = aws_lambda_function.configuration_function.function_name
  principal = "apigateway.amazonaws.com"
  source_arn = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${aws_apigatewayv2_api.api.id}/*"
}

# what the access patterns need, and no more: StjEventsTable2 for listEvents, listEventsOfType; StjPasswordTable2 for devicesByCustomer; the session's tag customer_id has to be in the key
resource "aws_iam_role" "user_role" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = [
            aws_iam_role.username_function_role.arn,
            aws_iam_role.profile_function_role.arn,
            aws_iam_role.sign_in_function_role.arn,
            aws_iam_role.shopify_webhook_function_role.arn,
            aws_iam_role.whats_app_verification_function_role.arn,
            aws_iam_role.leaderboard_function_role.arn,
            aws_iam_role.devices_function_role.arn,
            aws_iam_role.pins_function_role.arn,
            aws_iam_role.configuration_function_role.arn,
          ]
        }
        Action = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          StringLike = {
            "aws:RequestTag/customer_id" = "?*"
          }
        }
      },
    ]
  })
  max_session_duration = 3600
  tags = {
    app = "screen-time-journey"
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
        Sid = "StjEventsTable2"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.stj_events_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/customer_id}"]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
        }
      },
      {
        Sid = "StjPasswordTable2"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.stj_password_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/customer_id}"]
            "dynamodb:Attributes" = [
              "createdAt",
              "customer_id",
              "deviceName",
              "deviceType",
              "device_id",
              "email",
              "profile",
              "profileType",
              "timestamp",
              "user_id",
              "uuid",
            ]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
          StringEqualsIfExists = {
            "dynamodb:Select" = ["SPECIFIC_ATTRIBUTES"]
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "username_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.username_function_role.id
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

resource "aws_iam_role_policy" "profile_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.profile_function_role.id
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

resource "aws_iam_role_policy" "sign_in_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.sign_in_function_role.id
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

resource "aws_iam_role_policy" "shopify_webhook_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.shopify_webhook_function_role.id
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

resource "aws_iam_role_policy" "whats_app_verification_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.whats_app_verification_function_role.id
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

resource "aws_iam_role_policy" "leaderboard_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.leaderboard_function_role.id
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

resource "aws_iam_role_policy" "devices_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.devices_function_role.id
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

resource "aws_iam_role_policy" "pins_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.pins_function_role.id
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

resource "aws_iam_role_policy" "configuration_function_role_for_users" {
  name = "for-users"
  role = aws_iam_role.configuration_function_role.id
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
  name = "screen-time-journey-production-alarms"
  tags = {
    app = "screen-time-journey"
    environment = "production"
  }
}

resource "aws_sns_topic_subscription" "alarm_address" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol = "email"
  endpoint = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_throttled_alarm" {
  alarm_name = "stj-subscribers-throttled-alarm"
  alarm_description = "StjSubscribers: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
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

# expected at the peak: 5.61 units a second, 1684 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_read_units_alarm" {
  alarm_name = "stj-subscribers-read-units-alarm"
  alarm_description = "StjSubscribers: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 5052
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_subscribers_table.name
  }
}

# expected at the peak: 6.72 units a second, 2017 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_write_units_alarm" {
  alarm_name = "stj-subscribers-write-units-alarm"
  alarm_description = "StjSubscribers: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 6052
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_subscribers_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_system_errors_alarm" {
  alarm_name = "stj-subscribers-system-errors-alarm"
  alarm_description = "StjSubscribers: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        Operation = "TransactWriteItems"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
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

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_username_index_throttled_alarm" {
  alarm_name = "stj-subscribers-username-index-throttled-alarm"
  alarm_description = "StjSubscribers / username-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "username-index"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "username-index"
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

# expected at the peak: 0.02 units a second, 7 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_username_index_write_units_alarm" {
  alarm_name = "stj-subscribers-username-index-write-units-alarm"
  alarm_description = "StjSubscribers / username-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "username-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_email_index_throttled_alarm" {
  alarm_name = "stj-subscribers-email-index-throttled-alarm"
  alarm_description = "StjSubscribers / email-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "email-index"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "email-index"
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

# expected at the peak: 0.12 units a second, 35 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_email_index_read_units_alarm" {
  alarm_name = "stj-subscribers-email-index-read-units-alarm"
  alarm_description = "StjSubscribers / email-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_email_index_write_units_alarm" {
  alarm_name = "stj-subscribers-email-index-write-units-alarm"
  alarm_description = "StjSubscribers / email-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_phone_index_throttled_alarm" {
  alarm_name = "stj-subscribers-phone-index-throttled-alarm"
  alarm_description = "StjSubscribers / phone-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "phone-index"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "phone-index"
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
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_phone_index_read_units_alarm" {
  alarm_name = "stj-subscribers-phone-index-read-units-alarm"
  alarm_description = "StjSubscribers / phone-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "phone-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_phone_index_write_units_alarm" {
  alarm_name = "stj-subscribers-phone-index-write-units-alarm"
  alarm_description = "StjSubscribers / phone-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "phone-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_subscribers_leaderboard_index_throttled_alarm" {
  alarm_name = "stj-subscribers-leaderboard-index-throttled-alarm"
  alarm_description = "StjSubscribers / leaderboard-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "leaderboard-index"
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
        TableName = aws_dynamodb_table.stj_subscribers_table.name
        GlobalSecondaryIndexName = "leaderboard-index"
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

# expected at the peak: 3.76 units a second, 1128 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_leaderboard_index_read_units_alarm" {
  alarm_name = "stj-subscribers-leaderboard-index-read-units-alarm"
  alarm_description = "StjSubscribers / leaderboard-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 3385
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "leaderboard-index"
  }
}

# expected at the peak: 1.38 units a second, 415 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_subscribers_leaderboard_index_write_units_alarm" {
  alarm_name = "stj-subscribers-leaderboard-index-write-units-alarm"
  alarm_description = "StjSubscribers / leaderboard-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 1244
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_subscribers_table.name
    GlobalSecondaryIndexName = "leaderboard-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_devices_throttled_alarm" {
  alarm_name = "stj-devices-throttled-alarm"
  alarm_description = "StjDevices: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_devices_table.name
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
        TableName = aws_dynamodb_table.stj_devices_table.name
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

# expected at the peak: 0.12 units a second, 36 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_devices_write_units_alarm" {
  alarm_name = "stj-devices-write-units-alarm"
  alarm_description = "StjDevices: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_devices_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_devices_system_errors_alarm" {
  alarm_name = "stj-devices-system-errors-alarm"
  alarm_description = "StjDevices: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_devices_table.name
        Operation = "TransactWriteItems"
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
        TableName = aws_dynamodb_table.stj_devices_table.name
        Operation = "UpdateItem"
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

resource "aws_cloudwatch_metric_alarm" "stj_password_throttled_alarm" {
  alarm_name = "stj-password-throttled-alarm"
  alarm_description = "StjPassword: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_password_table.name
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
        TableName = aws_dynamodb_table.stj_password_table.name
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

# expected at the peak: 1.16 units a second, 347 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_password_read_units_alarm" {
  alarm_name = "stj-password-read-units-alarm"
  alarm_description = "StjPassword: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 1042
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedReadCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_password_table.name
  }
}

# expected at the peak: 0.56 units a second, 168 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_password_write_units_alarm" {
  alarm_name = "stj-password-write-units-alarm"
  alarm_description = "StjPassword: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 505
  datapoints_to_alarm = 3
  namespace = "AWS/DynamoDB"
  metric_name = "ConsumedWriteCapacityUnits"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_password_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_password_system_errors_alarm" {
  alarm_name = "stj-password-system-errors-alarm"
  alarm_description = "StjPassword: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_password_table.name
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
        TableName = aws_dynamodb_table.stj_password_table.name
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
        TableName = aws_dynamodb_table.stj_password_table.name
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
        TableName = aws_dynamodb_table.stj_password_table.name
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
        TableName = aws_dynamodb_table.stj_password_table.name
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

resource "aws_cloudwatch_metric_alarm" "stj_password_email_index_throttled_alarm" {
  alarm_name = "stj-password-email-index-throttled-alarm"
  alarm_description = "StjPassword / email-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_password_table.name
        GlobalSecondaryIndexName = "email-index"
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
        TableName = aws_dynamodb_table.stj_password_table.name
        GlobalSecondaryIndexName = "email-index"
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
resource "aws_cloudwatch_metric_alarm" "stj_password_email_index_read_units_alarm" {
  alarm_name = "stj-password-email-index-read-units-alarm"
  alarm_description = "StjPassword / email-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_password_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

# expected at the peak: 0.16 units a second, 49 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_password_email_index_write_units_alarm" {
  alarm_name = "stj-password-email-index-write-units-alarm"
  alarm_description = "StjPassword / email-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_password_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_webhooks_throttled_alarm" {
  alarm_name = "stj-webhooks-throttled-alarm"
  alarm_description = "StjWebhooks: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_webhooks_table.name
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
        TableName = aws_dynamodb_table.stj_webhooks_table.name
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

# expected at the peak: 0.13 units a second, 38 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_webhooks_write_units_alarm" {
  alarm_name = "stj-webhooks-write-units-alarm"
  alarm_description = "StjWebhooks: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_webhooks_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_webhooks_system_errors_alarm" {
  alarm_name = "stj-webhooks-system-errors-alarm"
  alarm_description = "StjWebhooks: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_webhooks_table.name
        Operation = "TransactWriteItems"
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
        TableName = aws_dynamodb_table.stj_webhooks_table.name
        Operation = "UpdateItem"
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

resource "aws_cloudwatch_metric_alarm" "stj_system_throttled_alarm" {
  alarm_name = "stj-system-throttled-alarm"
  alarm_description = "StjSystem: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_system_table.name
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
        TableName = aws_dynamodb_table.stj_system_table.name
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
resource "aws_cloudwatch_metric_alarm" "stj_system_read_units_alarm" {
  alarm_name = "stj-system-read-units-alarm"
  alarm_description = "StjSystem: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_system_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_system_system_errors_alarm" {
  alarm_name = "stj-system-system-errors-alarm"
  alarm_description = "StjSystem: DynamoDB answers with errors of its own; look at the AWS health dashboard"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 2
  threshold = 5
  namespace = "AWS/DynamoDB"
  metric_name = "SystemErrors"
  statistic = "Sum"
  period = 300
  dimensions = {
    TableName = aws_dynamodb_table.stj_system_table.name
    Operation = "GetItem"
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_events_throttled_alarm" {
  alarm_name = "stj-events-throttled-alarm"
  alarm_description = "StjEvents: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_events_table.name
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
        TableName = aws_dynamodb_table.stj_events_table.name
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

# expected at the peak: 0.01 units a second, 2 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_events_read_units_alarm" {
  alarm_name = "stj-events-read-units-alarm"
  alarm_description = "StjEvents: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_events_table.name
  }
}

# expected at the peak: 0.03 units a second, 8 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_events_write_units_alarm" {
  alarm_name = "stj-events-write-units-alarm"
  alarm_description = "StjEvents: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_events_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_events_system_errors_alarm" {
  alarm_name = "stj-events-system-errors-alarm"
  alarm_description = "StjEvents: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_events_table.name
        Operation = "DeleteItem"
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
        TableName = aws_dynamodb_table.stj_events_table.name
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
        TableName = aws_dynamodb_table.stj_events_table.name
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

resource "aws_cloudwatch_metric_alarm" "stj_codes_throttled_alarm" {
  alarm_name = "stj-codes-throttled-alarm"
  alarm_description = "StjCodes: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_codes_table.name
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
        TableName = aws_dynamodb_table.stj_codes_table.name
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

# expected at the peak: 0 units a second, 1 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_codes_read_units_alarm" {
  alarm_name = "stj-codes-read-units-alarm"
  alarm_description = "StjCodes: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_codes_table.name
  }
}

# expected at the peak: 0.01 units a second, 4 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_codes_write_units_alarm" {
  alarm_name = "stj-codes-write-units-alarm"
  alarm_description = "StjCodes: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_codes_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_codes_system_errors_alarm" {
  alarm_name = "stj-codes-system-errors-alarm"
  alarm_description = "StjCodes: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_codes_table.name
        Operation = "DeleteItem"
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
        TableName = aws_dynamodb_table.stj_codes_table.name
        Operation = "GetItem"
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
        TableName = aws_dynamodb_table.stj_codes_table.name
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
        TableName = aws_dynamodb_table.stj_codes_table.name
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

resource "aws_cloudwatch_metric_alarm" "stj_deliveries_throttled_alarm" {
  alarm_name = "stj-deliveries-throttled-alarm"
  alarm_description = "StjDeliveries: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.stj_deliveries_table.name
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
        TableName = aws_dynamodb_table.stj_deliveries_table.name
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

# expected at the peak: 0.02 units a second, 7 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_deliveries_read_units_alarm" {
  alarm_name = "stj-deliveries-read-units-alarm"
  alarm_description = "StjDeliveries: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_deliveries_table.name
  }
}

# expected at the peak: 0.02 units a second, 7 in five minutes
resource "aws_cloudwatch_metric_alarm" "stj_deliveries_write_units_alarm" {
  alarm_name = "stj-deliveries-write-units-alarm"
  alarm_description = "StjDeliveries: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.stj_deliveries_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "stj_deliveries_system_errors_alarm" {
  alarm_name = "stj-deliveries-system-errors-alarm"
  alarm_description = "StjDeliveries: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.stj_deliveries_table.name
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
        TableName = aws_dynamodb_table.stj_deliveries_table.name
        Operation = "PutItem"
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
  metric_query {
    id = "m1"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.username_function.function_name
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
        FunctionName = aws_lambda_function.profile_function.function_name
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
        FunctionName = aws_lambda_function.sign_in_function.function_name
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
        FunctionName = aws_lambda_function.shopify_webhook_function.function_name
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
        FunctionName = aws_lambda_function.whats_app_verification_function.function_name
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
        FunctionName = aws_lambda_function.leaderboard_function.function_name
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
        FunctionName = aws_lambda_function.devices_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m8"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.pins_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m9"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Errors"
      dimensions = {
        FunctionName = aws_lambda_function.configuration_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)+FILL(m5,0)+FILL(m6,0)+FILL(m7,0)+FILL(m8,0)+FILL(m9,0)"
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
        FunctionName = aws_lambda_function.username_function.function_name
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
        FunctionName = aws_lambda_function.profile_function.function_name
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
        FunctionName = aws_lambda_function.sign_in_function.function_name
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
        FunctionName = aws_lambda_function.shopify_webhook_function.function_name
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
        FunctionName = aws_lambda_function.whats_app_verification_function.function_name
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
        FunctionName = aws_lambda_function.leaderboard_function.function_name
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
        FunctionName = aws_lambda_function.devices_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m8"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.pins_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "m9"
    metric {
      namespace = "AWS/Lambda"
      metric_name = "Throttles"
      dimensions = {
        FunctionName = aws_lambda_function.configuration_function.function_name
      }
      period = 300
      stat = "Sum"
    }
  }
  metric_query {
    id = "total"
    expression = "FILL(m1,0)+FILL(m2,0)+FILL(m3,0)+FILL(m4,0)+FILL(m5,0)+FILL(m6,0)+FILL(m7,0)+FILL(m8,0)+FILL(m9,0)"
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
  metric_name = "5xx"
  statistic = "Sum"
  period = 300
  dimensions = {
    ApiId = aws_apigatewayv2_api.api.id
  }
}

# units in five minutes; the lines are what the estimate expects at the peak
resource "aws_cloudwatch_dashboard" "dashboard" {
  dashboard_name = "screen-time-journey-production"
  dashboard_body = "{\"widgets\":[{\"type\":\"metric\",\"x\":0,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSubscribers\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 1684.0},{\"label\": \"expected writes\", \"value\": 2017.2}]}}},{\"type\":\"metric\",\"x\":12,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSubscribers / username-index\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"username-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 7.1}]}}},{\"type\":\"metric\",\"x\":0,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSubscribers / email-index\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 34.7},{\"label\": \"expected writes\", \"value\": 0.1}]}}},{\"type\":\"metric\",\"x\":12,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSubscribers / phone-index\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"phone-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 17.4},{\"label\": \"expected writes\", \"value\": 0.3}]}}},{\"type\":\"metric\",\"x\":0,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSubscribers / leaderboard-index\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_subscribers_table.name}\",\"GlobalSecondaryIndexName\",\"leaderboard-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 1128.5},{\"label\": \"expected writes\", \"value\": 414.6}]}}},{\"type\":\"metric\",\"x\":12,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjDevices\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_devices_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 36.4}]}}},{\"type\":\"metric\",\"x\":0,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjPassword\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 347.2},{\"label\": \"expected writes\", \"value\": 168.3}]}}},{\"type\":\"metric\",\"x\":12,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjPassword / email-index\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_password_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 17.4},{\"label\": \"expected writes\", \"value\": 49.0}]}}},{\"type\":\"metric\",\"x\":0,\"y\":24,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjWebhooks\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_webhooks_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 38.3}]}}},{\"type\":\"metric\",\"x\":12,\"y\":24,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjSystem\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_system_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 868.1},{\"label\": \"expected writes\", \"value\": 0.0}]}}},{\"type\":\"metric\",\"x\":0,\"y\":30,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjEvents\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_events_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 1.6},{\"label\": \"expected writes\", \"value\": 7.6}]}}},{\"type\":\"metric\",\"x\":12,\"y\":30,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjCodes\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_codes_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 1.2},{\"label\": \"expected writes\", \"value\": 3.8}]}}},{\"type\":\"metric\",\"x\":0,\"y\":36,\"width\":12,\"height\":6,\"properties\":{\"title\":\"StjDeliveries\",\"region\":\"eu-north-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.stj_deliveries_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 6.9},{\"label\": \"expected writes\", \"value\": 6.9}]}}}]}"
}

# the priced bill of this option at 10,000 users: 92.27 USD a month
resource "aws_budgets_budget" "monthly_budget" {
  name = "screen-time-journey-production"
  budget_type = "COST"
  time_unit = "MONTHLY"
  limit_amount = "92.27"
  limit_unit = "USD"
  cost_filter {
    name = "TagKeyValue"
    values = ["user:app$screen-time-journey"]
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
  name = "screen-time-journey-production"
  monitor_type = "CUSTOM"
  monitor_specification = "{\"Tags\": {\"Key\": \"app\", \"Values\": [\"screen-time-journey\"]}}"
}

# from a tenth of the priced bill: 9 USD
resource "aws_ce_anomaly_subscription" "cost_anomalies" {
  name = "screen-time-journey-production"
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
      values = ["9"]
    }
  }
}

# JWT_SECRET, SHOPIFY_WEBHOOK_SECRET, WHATSAPP_TOKEN, CODE_SECRET: every 90 days
resource "aws_cloudwatch_event_rule" "replace90_days" {
  description = "screen-time-journey-production: replace JWT_SECRET, SHOPIFY_WEBHOOK_SECRET, WHATSAPP_TOKEN, CODE_SECRET"
  schedule_expression = "rate(90 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace90_days_people" {
  rule = aws_cloudwatch_event_rule.replace90_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace JWT_SECRET, SHOPIFY_WEBHOOK_SECRET, WHATSAPP_TOKEN, CODE_SECRET of screen-time-journey-production: RUNBOOK.md says how\""
}

# PIN_ENCRYPTION_KEY: every 365 days
resource "aws_cloudwatch_event_rule" "replace365_days" {
  description = "screen-time-journey-production: replace PIN_ENCRYPTION_KEY"
  schedule_expression = "rate(365 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace365_days_people" {
  rule = aws_cloudwatch_event_rule.replace365_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace PIN_ENCRYPTION_KEY of screen-time-journey-production: RUNBOOK.md says how\""
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
