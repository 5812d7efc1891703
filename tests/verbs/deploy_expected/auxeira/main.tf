# Auxeira ESG platform: functions, production
# Written by `tablewright deploy`; the model says why.

# holds User, Payment
resource "aws_dynamodb_table" "auxeira_users_table" {
  name = "auxeira-users"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "userId"
  attribute {
    name = "email"
    type = "S"
  }
  attribute {
    name = "userId"
    type = "S"
  }
  global_secondary_index {
    name = "email-index"
    hash_key = "email"
    projection_type = "INCLUDE"
    non_key_attributes = ["passwordHash", "role"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Profile
resource "aws_dynamodb_table" "auxeira_user_profiles_table" {
  name = "auxeira-user-profiles"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "userId"
  attribute {
    name = "esgScore"
    type = "N"
  }
  attribute {
    name = "industry"
    type = "S"
  }
  attribute {
    name = "userId"
    type = "S"
  }
  global_secondary_index {
    name = "industry-index"
    hash_key = "industry"
    range_key = "esgScore"
    projection_type = "INCLUDE"
    non_key_attributes = ["organisation", "country", "skills", "industries", "regions"]
  }
  point_in_time_recovery {
    enabled = true
  }
  stream_enabled = true
  stream_view_type = "NEW_AND_OLD_IMAGES"
  deletion_protection_enabled = false
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Report, ReportBody
resource "aws_dynamodb_table" "auxeira_esg_reports_table" {
  name = "auxeira-esg-reports"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "userId"
  range_key = "SK"
  attribute {
    name = "SK"
    type = "S"
  }
  attribute {
    name = "createdAt"
    type = "S"
  }
  attribute {
    name = "reportType"
    type = "S"
  }
  attribute {
    name = "userId"
    type = "S"
  }
  global_secondary_index {
    name = "type-index"
    hash_key = "reportType"
    range_key = "createdAt"
    projection_type = "INCLUDE"
    non_key_attributes = ["title", "status", "reportId"]
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
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Project, Pledge
resource "aws_dynamodb_table" "auxeira_projects_table" {
  name = "auxeira-projects"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "projectId"
  range_key = "SK"
  attribute {
    name = "SK"
    type = "S"
  }
  attribute {
    name = "createdAt"
    type = "S"
  }
  attribute {
    name = "ownerId"
    type = "S"
  }
  attribute {
    name = "projectId"
    type = "S"
  }
  attribute {
    name = "status"
    type = "S"
  }
  global_secondary_index {
    name = "status-index"
    hash_key = "status"
    range_key = "createdAt"
    projection_type = "INCLUDE"
    non_key_attributes = ["title", "goal", "pledged", "deadline"]
  }
  global_secondary_index {
    name = "owner-index"
    hash_key = "ownerId"
    range_key = "createdAt"
    projection_type = "INCLUDE"
    non_key_attributes = ["title", "goal", "pledged"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Standing
resource "aws_dynamodb_table" "auxeira_leaderboard_table" {
  name = "auxeira-leaderboard"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "board"
  range_key = "userId"
  attribute {
    name = "board"
    type = "S"
  }
  attribute {
    name = "score"
    type = "N"
  }
  attribute {
    name = "userId"
    type = "S"
  }
  global_secondary_index {
    name = "board-score-index"
    hash_key = "board"
    range_key = "score"
    projection_type = "INCLUDE"
    non_key_attributes = ["organisation", "delta"]
  }
  point_in_time_recovery {
    enabled = true
  }
  deletion_protection_enabled = false
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# holds Activity
resource "aws_dynamodb_table" "auxeira_user_activity_table" {
  name = "auxeira-user-activity"
  billing_mode = "PAY_PER_REQUEST"
  hash_key = "userId"
  range_key = "SK"
  attribute {
    name = "SK"
    type = "S"
  }
  attribute {
    name = "userId"
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
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# what users and the application store
resource "aws_s3_bucket" "files" {
  bucket_prefix = "auxeira-production-files-"
  tags = {
    app = "auxeira"
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
  bucket_prefix = "auxeira-production-web-"
  tags = {
    app = "auxeira"
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

# messages of reports that failed five times wait here for 14 days
resource "aws_sqs_queue" "reports_queue_failed" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "auxeira"
    environment = "production"
  }
}

# reports: work outside the request; a million requests a month are free
resource "aws_sqs_queue" "reports_queue" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 345600
  visibility_timeout_seconds = 180
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.reports_queue_failed.arn
    maxReceiveCount = 5
  })
  tags = {
    app = "auxeira"
    environment = "production"
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_jwt_secret" {
  name = "auxeira/production/jwt-secret"
  description = "signs access tokens; 32 characters at least"
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_jwt_refresh_secret" {
  name = "auxeira/production/jwt-refresh-secret"
  description = "signs refresh tokens; 32 characters at least"
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_nanogpt5_api_key" {
  name = "auxeira/production/nanogpt5-api-key"
  description = "text generator; without it reports are written by the local writer"
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_thunderbit_api_key" {
  name = "auxeira/production/thunderbit-api-key"
  description = "data extraction; optional"
  tags = {
    app = "auxeira"
    environment = "production"
  }
  lifecycle {
    prevent_destroy = true
  }
}

# a random value is made with the stack, and no file holds it
resource "aws_secretsmanager_secret" "secret_paystack_secret_key" {
  name = "auxeira/production/paystack-secret-key"
  description = "payments; also verifies their webhooks"
  tags = {
    app = "auxeira"
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
    app = "auxeira"
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
  name = "/tablewright/auxeira/production"
  retention_in_days = 90
  tags = {
    app = "auxeira"
    environment = "production"
  }
}

# asynchronous calls that failed twice wait here for 14 days
resource "aws_sqs_queue" "dead_letters" {
  sqs_managed_sse_enabled = true
  message_retention_seconds = 1209600
  tags = {
    app = "auxeira"
    environment = "production"
  }
}

# what the access patterns need, and no more: AuxeiraEsgReportsTable for completeHeader, completeReport, createPremiumReport, createReport, markReportViewed, startReport; AuxeiraEsgReportsTableIndextypeindex for reportsByType; AuxeiraLeaderboardTable for enterBoard, getStanding, leaveBoard, upsertScore; AuxeiraLeaderboardTableIndexboardscoreindex for topOfBoard; AuxeiraProjectsTable for changeProjectStatus, createProject, getProject, listPledges, pledge, refundPledge, settlePledge; AuxeiraProjectsTableIndexstatusindex for listOpenProjects; AuxeiraUserActivityTable for recordActivity; AuxeiraUserProfilesTable for changes of Profile, createPremiumReport, createProfile, describeOrganisation, getProfile, refundPurchase, saveProfile, settlePurchase; AuxeiraUserProfilesTableStream for changes of Profile; AuxeiraUserProfilesTableIndexindustryindex for profilesByIndustry; AuxeiraUsersTable for closePayment, createPayment, getPayment, getUserById, refundPledge, refundPurchase, registerUser, settlePledge, settlePurchase, touchLogin; AuxeiraUsersTableIndexemailindex for getUserByEmail
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
    app = "auxeira"
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
        Sid = "AuxeiraEsgReportsTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.auxeira_esg_reports_table.arn]
      },
      {
        Sid = "AuxeiraEsgReportsTableIndextypeindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_esg_reports_table.arn}/index/type-index"]
      },
      {
        Sid = "AuxeiraLeaderboardTable"
        Effect = "Allow"
        Action = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.auxeira_leaderboard_table.arn]
      },
      {
        Sid = "AuxeiraLeaderboardTableIndexboardscoreindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_leaderboard_table.arn}/index/board-score-index"]
      },
      {
        Sid = "AuxeiraProjectsTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.auxeira_projects_table.arn]
      },
      {
        Sid = "AuxeiraProjectsTableIndexstatusindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_projects_table.arn}/index/status-index"]
      },
      {
        Sid = "AuxeiraUserActivityTable"
        Effect = "Allow"
        Action = ["dynamodb:PutItem"]
        Resource = [aws_dynamodb_table.auxeira_user_activity_table.arn]
      },
      {
        Sid = "AuxeiraUserProfilesTable"
        Effect = "Allow"
        Action = ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.auxeira_user_profiles_table.arn]
      },
      {
        Sid = "AuxeiraUserProfilesTableStream"
        Effect = "Allow"
        Action = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = [aws_dynamodb_table.auxeira_user_profiles_table.stream_arn]
      },
      {
        Sid = "AuxeiraUserProfilesTableIndexindustryindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_user_profiles_table.arn}/index/industry-index"]
      },
      {
        Sid = "AuxeiraUsersTable"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [aws_dynamodb_table.auxeira_users_table.arn]
      },
      {
        Sid = "AuxeiraUsersTableIndexemailindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_users_table.arn}/index/email-index"]
      },
      {
        Sid = "ReadSecrets"
        Effect = "Allow"
        Action = ["secretsmanager:GetSecretValue"]
        Resource = [
          aws_secretsmanager_secret.secret_jwt_secret.arn,
          aws_secretsmanager_secret.secret_jwt_refresh_secret.arn,
          aws_secretsmanager_secret.secret_nanogpt5_api_key.arn,
          aws_secretsmanager_secret.secret_thunderbit_api_key.arn,
          aws_secretsmanager_secret.secret_paystack_secret_key.arn,
        ]
      },
      {
        Sid = "Files"
        Effect = "Allow"
        Action = ["s3:GetObject", "s3:PutObject"]
        Resource = ["${aws_s3_bucket.files.arn}/uploads/*"]
      },
      {
        Sid = "Queues"
        Effect = "Allow"
        Action = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
        Resource = [aws_sqs_queue.reports_queue.arn]
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

# answers every route
resource "aws_lambda_function" "function" {
  function_name = "auxeira-production-function"
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
      APP_ENVIRONMENT = "production"
      TABLE_AUXEIRA_USERS = aws_dynamodb_table.auxeira_users_table.name
      TABLE_AUXEIRA_USER_PROFILES = aws_dynamodb_table.auxeira_user_profiles_table.name
      TABLE_AUXEIRA_ESG_REPORTS = aws_dynamodb_table.auxeira_esg_reports_table.name
      TABLE_AUXEIRA_PROJECTS = aws_dynamodb_table.auxeira_projects_table.name
      TABLE_AUXEIRA_LEADERBOARD = aws_dynamodb_table.auxeira_leaderboard_table.name
      TABLE_AUXEIRA_USER_ACTIVITY = aws_dynamodb_table.auxeira_user_activity_table.name
      FILES_BUCKET = aws_s3_bucket.files.id
      QUEUE_REPORTS = aws_sqs_queue.reports_queue.url
      ALERT_TOPIC_ARN = aws_sns_topic.alarm_topic.arn
      USER_ROLE = aws_iam_role.user_role.arn
      JWT_SECRET_ARN = aws_secretsmanager_secret.secret_jwt_secret.arn
      JWT_REFRESH_SECRET_ARN = aws_secretsmanager_secret.secret_jwt_refresh_secret.arn
      NANOGPT5_API_KEY_ARN = aws_secretsmanager_secret.secret_nanogpt5_api_key.arn
      THUNDERBIT_API_KEY_ARN = aws_secretsmanager_secret.secret_thunderbit_api_key.arn
      PAYSTACK_SECRET_KEY_ARN = aws_secretsmanager_secret.secret_paystack_secret_key.arn
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
    app = "auxeira"
    environment = "production"
  }
}

# failed messages alone are handed over again
resource "aws_lambda_event_source_mapping" "reports_queue_reader" {
  event_source_arn = aws_sqs_queue.reports_queue.arn
  function_name = aws_lambda_function.function.function_name
  batch_size = 10
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_apigatewayv2_api" "api" {
  name = "auxeira-production"
  protocol_type = "HTTP"
  cors_configuration {
    allow_methods = ["DELETE", "GET", "PATCH", "POST", "PUT", "OPTIONS"]
    allow_headers = ["authorization", "content-type", "x-api-key"]
    allow_origins = ["https://app.auxeira.example", "http://localhost:3000"]
    max_age = 600
  }
  tags = {
    app = "auxeira"
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

# 4 times the modelled peak of 0.1 calls a second; above it callers get 429
resource "aws_apigatewayv2_stage" "api_stage" {
  api_id = aws_apigatewayv2_api.api.id
  name = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit = 10
    throttling_rate_limit = 10
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

# what the access patterns need, and no more: AuxeiraEsgReportsTable2 for getReport, getReportHeader, listReports; AuxeiraProjectsTableIndexownerindex for projectsByOwner; AuxeiraUserActivityTable2 for listActivity; the session's tag userId has to be in the key
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
    app = "auxeira"
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
        Sid = "AuxeiraEsgReportsTable2"
        Effect = "Allow"
        Action = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource = [aws_dynamodb_table.auxeira_esg_reports_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/userId}"]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
        }
      },
      {
        Sid = "AuxeiraProjectsTableIndexownerindex"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = ["${aws_dynamodb_table.auxeira_projects_table.arn}/index/owner-index"]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/userId}"]
          }
          Null = {
            "dynamodb:LeadingKeys" = ["false"]
          }
        }
      },
      {
        Sid = "AuxeiraUserActivityTable2"
        Effect = "Allow"
        Action = ["dynamodb:Query"]
        Resource = [aws_dynamodb_table.auxeira_user_activity_table.arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/userId}"]
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

# the distribution signs what it asks of the bucket; nobody else may
resource "aws_cloudfront_origin_access_control" "origin_access" {
  name = "auxeira-production"
  origin_access_control_origin_type = "s3"
  signing_behavior = "always"
  signing_protocol = "sigv4"
}

# assets/* is kept for 31,536,000 seconds
resource "aws_cloudfront_cache_policy" "assets_cache" {
  name = "auxeira-production-AssetsCache"
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

# everything over HTTPS, with security headers; calls of the program are never kept
resource "aws_cloudfront_distribution" "distribution" {
  enabled = true
  comment = "auxeira-production"
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
    domain_name = "${aws_apigatewayv2_api.api.id}.execute-api.${data.aws_region.current.region}.amazonaws.com"
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
    path_pattern = "assets/*"
    target_origin_id = "web"
    viewer_protocol_policy = "redirect-to-https"
    cache_policy_id = aws_cloudfront_cache_policy.assets_cache.id
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
    app = "auxeira"
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
  name = "auxeira-production-alarms"
  tags = {
    app = "auxeira"
    environment = "production"
  }
}

resource "aws_sns_topic_subscription" "alarm_address" {
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol = "email"
  endpoint = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "auxeira_users_throttled_alarm" {
  alarm_name = "auxeira-users-throttled-alarm"
  alarm_description = "AuxeiraUsers: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
resource "aws_cloudwatch_metric_alarm" "auxeira_users_read_units_alarm" {
  alarm_name = "auxeira-users-read-units-alarm"
  alarm_description = "AuxeiraUsers: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_users_table.name
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_users_write_units_alarm" {
  alarm_name = "auxeira-users-write-units-alarm"
  alarm_description = "AuxeiraUsers: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_users_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_users_system_errors_alarm" {
  alarm_name = "auxeira-users-system-errors-alarm"
  alarm_description = "AuxeiraUsers: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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

resource "aws_cloudwatch_metric_alarm" "auxeira_users_email_index_throttled_alarm" {
  alarm_name = "auxeira-users-email-index-throttled-alarm"
  alarm_description = "AuxeiraUsers / email-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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
        TableName = aws_dynamodb_table.auxeira_users_table.name
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_users_email_index_read_units_alarm" {
  alarm_name = "auxeira-users-email-index-read-units-alarm"
  alarm_description = "AuxeiraUsers / email-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_users_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_users_email_index_write_units_alarm" {
  alarm_name = "auxeira-users-email-index-write-units-alarm"
  alarm_description = "AuxeiraUsers / email-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_users_table.name
    GlobalSecondaryIndexName = "email-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_throttled_alarm" {
  alarm_name = "auxeira-user-profiles-throttled-alarm"
  alarm_description = "AuxeiraUserProfiles: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_read_units_alarm" {
  alarm_name = "auxeira-user-profiles-read-units-alarm"
  alarm_description = "AuxeiraUserProfiles: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
  }
}

# expected at the peak: 0 units a second, 1 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_write_units_alarm" {
  alarm_name = "auxeira-user-profiles-write-units-alarm"
  alarm_description = "AuxeiraUserProfiles: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_system_errors_alarm" {
  alarm_name = "auxeira-user-profiles-system-errors-alarm"
  alarm_description = "AuxeiraUserProfiles: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
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

resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_industry_index_throttled_alarm" {
  alarm_name = "auxeira-user-profiles-industry-index-throttled-alarm"
  alarm_description = "AuxeiraUserProfiles / industry-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
        GlobalSecondaryIndexName = "industry-index"
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
        TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
        GlobalSecondaryIndexName = "industry-index"
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_industry_index_read_units_alarm" {
  alarm_name = "auxeira-user-profiles-industry-index-read-units-alarm"
  alarm_description = "AuxeiraUserProfiles / industry-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
    GlobalSecondaryIndexName = "industry-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_user_profiles_industry_index_write_units_alarm" {
  alarm_name = "auxeira-user-profiles-industry-index-write-units-alarm"
  alarm_description = "AuxeiraUserProfiles / industry-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_profiles_table.name
    GlobalSecondaryIndexName = "industry-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_throttled_alarm" {
  alarm_name = "auxeira-esg-reports-throttled-alarm"
  alarm_description = "AuxeiraEsgReports: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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

# expected at the peak: 0.02 units a second, 6 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_read_units_alarm" {
  alarm_name = "auxeira-esg-reports-read-units-alarm"
  alarm_description = "AuxeiraEsgReports: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
  }
}

# expected at the peak: 0.01 units a second, 4 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_write_units_alarm" {
  alarm_name = "auxeira-esg-reports-write-units-alarm"
  alarm_description = "AuxeiraEsgReports: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_system_errors_alarm" {
  alarm_name = "auxeira-esg-reports-system-errors-alarm"
  alarm_description = "AuxeiraEsgReports: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
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

resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_type_index_throttled_alarm" {
  alarm_name = "auxeira-esg-reports-type-index-throttled-alarm"
  alarm_description = "AuxeiraEsgReports / type-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
        GlobalSecondaryIndexName = "type-index"
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
        TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
        GlobalSecondaryIndexName = "type-index"
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_type_index_read_units_alarm" {
  alarm_name = "auxeira-esg-reports-type-index-read-units-alarm"
  alarm_description = "AuxeiraEsgReports / type-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
    GlobalSecondaryIndexName = "type-index"
  }
}

# expected at the peak: 0 units a second, 1 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_esg_reports_type_index_write_units_alarm" {
  alarm_name = "auxeira-esg-reports-type-index-write-units-alarm"
  alarm_description = "AuxeiraEsgReports / type-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_esg_reports_table.name
    GlobalSecondaryIndexName = "type-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_projects_throttled_alarm" {
  alarm_name = "auxeira-projects-throttled-alarm"
  alarm_description = "AuxeiraProjects: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_read_units_alarm" {
  alarm_name = "auxeira-projects-read-units-alarm"
  alarm_description = "AuxeiraProjects: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_write_units_alarm" {
  alarm_name = "auxeira-projects-write-units-alarm"
  alarm_description = "AuxeiraProjects: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_projects_system_errors_alarm" {
  alarm_name = "auxeira-projects-system-errors-alarm"
  alarm_description = "AuxeiraProjects: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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

resource "aws_cloudwatch_metric_alarm" "auxeira_projects_status_index_throttled_alarm" {
  alarm_name = "auxeira-projects-status-index-throttled-alarm"
  alarm_description = "AuxeiraProjects / status-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_status_index_read_units_alarm" {
  alarm_name = "auxeira-projects-status-index-read-units-alarm"
  alarm_description = "AuxeiraProjects / status-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
    GlobalSecondaryIndexName = "status-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_status_index_write_units_alarm" {
  alarm_name = "auxeira-projects-status-index-write-units-alarm"
  alarm_description = "AuxeiraProjects / status-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
    GlobalSecondaryIndexName = "status-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_projects_owner_index_throttled_alarm" {
  alarm_name = "auxeira-projects-owner-index-throttled-alarm"
  alarm_description = "AuxeiraProjects / owner-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
        GlobalSecondaryIndexName = "owner-index"
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
        TableName = aws_dynamodb_table.auxeira_projects_table.name
        GlobalSecondaryIndexName = "owner-index"
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_owner_index_read_units_alarm" {
  alarm_name = "auxeira-projects-owner-index-read-units-alarm"
  alarm_description = "AuxeiraProjects / owner-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
    GlobalSecondaryIndexName = "owner-index"
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_projects_owner_index_write_units_alarm" {
  alarm_name = "auxeira-projects-owner-index-write-units-alarm"
  alarm_description = "AuxeiraProjects / owner-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_projects_table.name
    GlobalSecondaryIndexName = "owner-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_throttled_alarm" {
  alarm_name = "auxeira-leaderboard-throttled-alarm"
  alarm_description = "AuxeiraLeaderboard: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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
resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_read_units_alarm" {
  alarm_name = "auxeira-leaderboard-read-units-alarm"
  alarm_description = "AuxeiraLeaderboard: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
  }
}

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_write_units_alarm" {
  alarm_name = "auxeira-leaderboard-write-units-alarm"
  alarm_description = "AuxeiraLeaderboard: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_system_errors_alarm" {
  alarm_name = "auxeira-leaderboard-system-errors-alarm"
  alarm_description = "AuxeiraLeaderboard: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
        Operation = "Query"
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
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

resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_board_score_index_throttled_alarm" {
  alarm_name = "auxeira-leaderboard-board-score-index-throttled-alarm"
  alarm_description = "AuxeiraLeaderboard / board-score-index: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
        GlobalSecondaryIndexName = "board-score-index"
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
        TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
        GlobalSecondaryIndexName = "board-score-index"
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
resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_board_score_index_read_units_alarm" {
  alarm_name = "auxeira-leaderboard-board-score-index-read-units-alarm"
  alarm_description = "AuxeiraLeaderboard / board-score-index: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
    GlobalSecondaryIndexName = "board-score-index"
  }
}

# expected at the peak: 0 units a second, 1 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_leaderboard_board_score_index_write_units_alarm" {
  alarm_name = "auxeira-leaderboard-board-score-index-write-units-alarm"
  alarm_description = "AuxeiraLeaderboard / board-score-index: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_leaderboard_table.name
    GlobalSecondaryIndexName = "board-score-index"
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_user_activity_throttled_alarm" {
  alarm_name = "auxeira-user-activity-throttled-alarm"
  alarm_description = "AuxeiraUserActivity: requests are throttled; the dashboard shows by which cause. MaxOnDemandThroughputThrottleEvents: the maximum that was set for on-demand is reached; KeyRangeThroughputThrottleEvents: one key or key range is hot; AccountLimitThrottleEvents: the account's quota is reached"
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
        TableName = aws_dynamodb_table.auxeira_user_activity_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_activity_table.name
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

# expected at the peak: 0 units a second, 0 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_user_activity_read_units_alarm" {
  alarm_name = "auxeira-user-activity-read-units-alarm"
  alarm_description = "AuxeiraUserActivity: read units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_activity_table.name
  }
}

# expected at the peak: 0.02 units a second, 7 in five minutes
resource "aws_cloudwatch_metric_alarm" "auxeira_user_activity_write_units_alarm" {
  alarm_name = "auxeira-user-activity-write-units-alarm"
  alarm_description = "AuxeiraUserActivity: write units are over 3 times what the estimate expects at its peak: the bill grows with them"
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
    TableName = aws_dynamodb_table.auxeira_user_activity_table.name
  }
}

resource "aws_cloudwatch_metric_alarm" "auxeira_user_activity_system_errors_alarm" {
  alarm_name = "auxeira-user-activity-system-errors-alarm"
  alarm_description = "AuxeiraUserActivity: DynamoDB answers with errors of its own; look at the AWS health dashboard"
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
        TableName = aws_dynamodb_table.auxeira_user_activity_table.name
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
        TableName = aws_dynamodb_table.auxeira_user_activity_table.name
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

# ms: 10 target of the database + 200 work of the program, as priced + 10 the HTTP API's own + 1000 start of a function: under 1,000 calls are no percentile
resource "aws_cloudwatch_metric_alarm" "api_latency_alarm" {
  alarm_name = "api-latency-alarm"
  alarm_description = "one call in a hundred takes over 1220 ms"
  alarm_actions = [aws_sns_topic.alarm_topic.arn]
  ok_actions = [aws_sns_topic.alarm_topic.arn]
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data = "notBreaching"
  evaluation_periods = 3
  threshold = 1220
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
  dashboard_name = "auxeira-production"
  dashboard_body = "{\"widgets\":[{\"type\":\"metric\",\"x\":0,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraUsers\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.9},{\"label\": \"expected writes\", \"value\": 0.2}]}}},{\"type\":\"metric\",\"x\":12,\"y\":0,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraUsers / email-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_users_table.name}\",\"GlobalSecondaryIndexName\",\"email-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.1},{\"label\": \"expected writes\", \"value\": 0.0}]}}},{\"type\":\"metric\",\"x\":0,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraUserProfiles\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.8},{\"label\": \"expected writes\", \"value\": 1.0}]}}},{\"type\":\"metric\",\"x\":12,\"y\":6,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraUserProfiles / industry-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_profiles_table.name}\",\"GlobalSecondaryIndexName\",\"industry-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.1},{\"label\": \"expected writes\", \"value\": 0.1}]}}},{\"type\":\"metric\",\"x\":0,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraEsgReports\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 5.8},{\"label\": \"expected writes\", \"value\": 4.1}]}}},{\"type\":\"metric\",\"x\":12,\"y\":12,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraEsgReports / type-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_esg_reports_table.name}\",\"GlobalSecondaryIndexName\",\"type-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.1},{\"label\": \"expected writes\", \"value\": 0.6}]}}},{\"type\":\"metric\",\"x\":0,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraProjects\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.2},{\"label\": \"expected writes\", \"value\": 0.1}]}}},{\"type\":\"metric\",\"x\":12,\"y\":18,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraProjects / status-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"status-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.3},{\"label\": \"expected writes\", \"value\": 0.0}]}}},{\"type\":\"metric\",\"x\":0,\"y\":24,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraProjects / owner-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_projects_table.name}\",\"GlobalSecondaryIndexName\",\"owner-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.0},{\"label\": \"expected writes\", \"value\": 0.0}]}}},{\"type\":\"metric\",\"x\":12,\"y\":24,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraLeaderboard\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.5},{\"label\": \"expected writes\", \"value\": 0.3}]}}},{\"type\":\"metric\",\"x\":0,\"y\":30,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraLeaderboard / board-score-index\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_leaderboard_table.name}\",\"GlobalSecondaryIndexName\",\"board-score-index\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.9},{\"label\": \"expected writes\", \"value\": 0.5}]}}},{\"type\":\"metric\",\"x\":12,\"y\":30,\"width\":12,\"height\":6,\"properties\":{\"title\":\"AuxeiraUserActivity\",\"region\":\"us-east-1\",\"stat\":\"Sum\",\"period\":300,\"metrics\":[[\"AWS/DynamoDB\",\"ConsumedReadCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\"],[\"AWS/DynamoDB\",\"ConsumedWriteCapacityUnits\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\"],[\"AWS/DynamoDB\",\"ReadMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"ReadAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteMaxOnDemandThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteKeyRangeThroughputThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}],[\"AWS/DynamoDB\",\"WriteAccountLimitThrottleEvents\",\"TableName\",\"${aws_dynamodb_table.auxeira_user_activity_table.name}\",{\"yAxis\":\"right\"}]],\"annotations\":{\"horizontal\":[{\"label\": \"expected reads\", \"value\": 0.2},{\"label\": \"expected writes\", \"value\": 6.9}]}}}]}"
}

# the priced bill of this option at 100 users: 3.00 USD a month
resource "aws_budgets_budget" "monthly_budget" {
  name = "auxeira-production"
  budget_type = "COST"
  time_unit = "MONTHLY"
  limit_amount = "3.0"
  limit_unit = "USD"
  cost_filter {
    name = "TagKeyValue"
    values = ["user:app$auxeira"]
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
  name = "auxeira-production"
  monitor_type = "CUSTOM"
  monitor_specification = "{\"Tags\": {\"Key\": \"app\", \"Values\": [\"auxeira\"]}}"
}

# from a tenth of the priced bill: 1 USD
resource "aws_ce_anomaly_subscription" "cost_anomalies" {
  name = "auxeira-production"
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
      values = ["1"]
    }
  }
}

# JWT_SECRET, JWT_REFRESH_SECRET, PAYSTACK_SECRET_KEY: every 90 days
resource "aws_cloudwatch_event_rule" "replace90_days" {
  description = "auxeira-production: replace JWT_SECRET, JWT_REFRESH_SECRET, PAYSTACK_SECRET_KEY"
  schedule_expression = "rate(90 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace90_days_people" {
  rule = aws_cloudwatch_event_rule.replace90_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace JWT_SECRET, JWT_REFRESH_SECRET, PAYSTACK_SECRET_KEY of auxeira-production: RUNBOOK.md says how\""
}

# NANOGPT5_API_KEY, THUNDERBIT_API_KEY: every 180 days
resource "aws_cloudwatch_event_rule" "replace180_days" {
  description = "auxeira-production: replace NANOGPT5_API_KEY, THUNDERBIT_API_KEY"
  schedule_expression = "rate(180 days)"
  state = "ENABLED"
}

resource "aws_cloudwatch_event_target" "replace180_days_people" {
  rule = aws_cloudwatch_event_rule.replace180_days.name
  target_id = "people"
  arn = aws_sns_topic.alarm_topic.arn
  input = "\"Replace NANOGPT5_API_KEY, THUNDERBIT_API_KEY of auxeira-production: RUNBOOK.md says how\""
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
